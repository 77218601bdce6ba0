import { beforeEach, expect, it } from 'vitest';
import { sync } from '../../../src/patch/ends.ts';
import { wrapperOf } from '../../../src/patch/point.ts';
import { template, type TemplateFile } from '../../../src/semconv/template.ts';
import { scope } from '../../../src/trace/scope.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

let spans: ReceivedSpan[];
beforeEach(() => {
  spans = collectSpans();
});

const trace = template<unknown, [TemplateFile?, Function?]>({
  scope: scope('unit'),
  file: (_, [file]) => file,
});
const render = wrapperOf({ target: '', trace, ends: sync, active: true }, 'unit', { running: undefined })(
  (_: unknown, inner?: Function) => inner?.(),
);

it.each([
  [{ file: '/views/partials/item.ejs', folders: '/views' }, 'render partials/item.ejs'],
  [{ file: '/views/partials/item.ejs', folders: '/views/' }, 'render partials/item.ejs'],
  [{ file: String.raw`C:\views\item.ejs`, folders: String.raw`C:\views` }, 'render item.ejs'],
  [{ file: '/other/a/item.ejs', folders: ['/views', '/other', undefined, 7] }, 'render a/item.ejs'],
  [{ file: '/views-of-others/a/item.ejs', folders: '/views' }, 'render item.ejs'],
  [{ file: '/views/a/item.ejs' }, 'render item.ejs'],
  [{ file: 'item.ejs', folders: '' }, 'render item.ejs'],
])('a template is named by its file: %j', (file, name) => {
  render(file);
  expect(spans).toMatchObject([{ name, attributes: { 'code.file.path': file.file } }]);
});

it.each([undefined, {}, { file: '' }, { file: 7, folders: '/views' }])('%j has no name', (file) => {
  render(file);
  expect(spans).toMatchObject([{ name: 'render', attributes: {} }]);
});

it('what a template renders is a part of it', () => {
  render({ file: 'outer.ejs' }, () => render({ file: 'inner.ejs' }));
  expect(spans.map(({ name }) => name)).toEqual(['render outer.ejs']);
});
