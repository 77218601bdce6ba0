/**
 * Behaviour of an instrumented template engine. An engine costs a fixture with the operations named below, over the templates in
 * `test/fixtures/views`: `index` includes the partial `item` three times, `failing` throws, `broken` is no template.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ExpectedSpan, optional } from '../support/expect-trace.ts';
import { ROOT } from '../support/run-app.ts';
import { SECRET } from './db.ts';
import { type Fixture, itIf, MANY, PLUMBING, remoteParent } from './harness.ts';
import { operations, underParent } from './operations.ts';
import { transparencyKit } from './transparency.ts';

export interface TemplateKit {
  title: string;
  fixture: Fixture;
  /** With the dot. */
  extension: string;
  /**
   * Values of `style` in the operation `render`, each with the names of the marks that its callback makes, and whether the engine
   * knows the file, and the folder of the templates that the file's name in the span is relative to.
   */
  styles: Record<string, { marks?: string[]; file?: false; folder?: true }>;
  /** A style in which a file that is not there is an error of the engine, and the error's code. */
  missing: { style: string; error: string };
  /** `error.type` of the templates `failing` and `broken`. */
  errors: { failing: string; broken: string };
  /** Options with which a template may wait (`waiting`), and its style. */
  waiting?: { style: string; options: object };
  /** Options with which templates are kept, and a style. */
  cached?: { style: string; options: object };
  /** The operation `compiled`: templates can be compiled once and rendered later. */
  compiles: boolean;
  crashes: object[];
}

export function templateKit(kitOptions: TemplateKit): void {
  const { title, fixture, extension, styles, missing, errors, waiting, cached } = kitOptions;
  const PARTIAL = 'partials/item';
  const html = { index: 3, [PARTIAL]: 1 };

  function renderSpan(name: string, style: string, error?: string): ExpectedSpan {
    const { file = true, folder = false } = styles[style] ?? {};
    const path = name + extension;
    return {
      name: file ? `render ${folder ? path : path.slice(path.lastIndexOf('/') + 1)}` : 'render',
      kind: 'INTERNAL',
      attributes: {
        ...(file && { 'code.file.path': join(ROOT, 'test/fixtures/views', path) }),
        ...(error !== undefined && { 'error.type': error }),
      },
      status: error === undefined ? 'UNSET' : { code: 'ERROR', message: optional(expect.any(String)) },
    };
  }

  describe(title, () => {
    const kit = operations(fixture);
    const render = (name: string, input: object = {}): Promise<string> =>
      kit.run('render', { name: name + extension, secret: SECRET, ...input });
    const failing = (name: string, input: object = {}): ReturnType<typeof kit.fail> =>
      kit.fail('render', { name: name + extension, secret: SECRET, ...input });
    const marksOf = (style: string): string[] => styles[style].marks ?? [];
    const withFile = Object.keys(styles).filter((style) => styles[style].file !== false);
    const [usual] = withFile;

    it.each(Object.keys(styles))(
      'makes one span of what is rendered, and keeps the context (style: %s)',
      async (style) => {
        expect((await render(PARTIAL, { style })).split(SECRET)).toHaveLength(html[PARTIAL] + 1);
        await kit.expectSpans(underParent([renderSpan(PARTIAL, style)], { marks: marksOf(style) }));
      },
    );

    it.each(withFile)('makes no spans of what a template includes (style: %s)', async (style) => {
      const text = await render('index', { style });
      expect(text.match(/<li>/g)).toHaveLength(html.index);
      await kit.expectSpans(underParent([renderSpan('index', style)], { marks: marksOf(style) }));
    });

    it('makes no span of what is rendered inside of a template, whose span is active there', async () => {
      expect(await kit.run('nested', { secret: SECRET })).toContain('<li>');
      const span = {
        ...renderSpan('outer', usual),
        children: [{ name: 'inside', kind: 'INTERNAL' as const }],
      };
      await kit.expectSpans(underParent([span]));
    });

    itIf(kitOptions.compiles)('makes a span each time that a compiled template is rendered', async () => {
      expect(await kit.run('compiled', { secret: SECRET })).toHaveLength(2);
      const span = renderSpan(PARTIAL, usual);
      const compiled: ExpectedSpan = { name: 'compiled', kind: 'INTERNAL' };
      await kit.expectSpans(underParent([compiled, span, span]));
    });

    itIf(cached)('makes a span each time that a template is taken from a cache', async () => {
      const { style, options } = cached!;
      await render('index', { style, options, times: 3 });
      const span = renderSpan('index', style);
      const callbacks = marksOf(style).map((name): ExpectedSpan => ({ name, kind: 'INTERNAL' }));
      const each = [span, ...callbacks];
      await kit.expectSpans(underParent([...each, ...each, ...each]));
    });

    itIf(waiting)('ends the span of a template that waits once it is rendered', async () => {
      const { style, options } = waiting!;
      expect(await render('waiting', { style, options })).toContain(SECRET);
      const children: ExpectedSpan[] = [{ name: 'inside, later', kind: 'INTERNAL' }];
      await kit.expectSpans(underParent([{ ...renderSpan('waiting', style), children }]));
    });

    it('leaves the options and data of the app as they were, also frozen ones', async () => {
      expect(await render(PARTIAL, { frozen: true, style: 'render' })).toContain(SECRET);
      await kit.expectSpans(underParent([renderSpan(PARTIAL, 'render')]));
    });

    it('makes a root span outside of any span', async () => {
      await render(PARTIAL, { style: usual, bare: true });
      const marks = marksOf(usual).map((name): ExpectedSpan => ({ name, kind: 'INTERNAL' }));
      await kit.expectSpans([{ ...renderSpan(PARTIAL, usual), parentSpanId: undefined }, ...marks]);
    });

    it.each(Object.keys(styles))('makes no span under an unsampled parent (style: %s)', async (style) => {
      const { traceparent } = remoteParent({ sampled: false });
      await render(PARTIAL, { style, traceparent });
      await kit.expectSpans([]);
    });

    it.each(withFile)('takes what a template throws for an error (style: %s)', async (style) => {
      const { message } = await failing('failing', { style });
      expect(message).toContain('deep');
      await kit.expectSpans(
        underParent([renderSpan('failing', style, errors.failing)], { marks: marksOf(style) }),
      );
    });

    it('takes text that is no template for an error, where it is rendered', async () => {
      const { style } = missing;
      await failing('broken', { style });
      await kit.expectSpans(
        underParent([renderSpan('broken', style, errors.broken)], { marks: marksOf(style) }),
      );
    });

    it('names the code of a file that is not there', async () => {
      const { style, error } = missing;
      expect((await failing('nowhere', { style })).code).toBe(error);
      await kit.expectSpans(underParent([renderSpan('nowhere', style, error)], { marks: marksOf(style) }));
    });

    it(`gives each of ${MANY} templates that are rendered, 50 at a time, its own parent`, async () => {
      const { style, options } = waiting ?? { style: usual, options: {} };
      const name = waiting ? 'waiting' : PARTIAL;
      await kit.many('render', { name: name + extension, secret: SECRET, style, options }, MANY, 50);
      if (PLUMBING) await kit.collect(0);
      const spans = await kit.collect(0);
      const rendered = spans.filter((span) => span.name.startsWith('render'));
      expect(rendered).toHaveLength(MANY);
      const parents = new Set(spans.filter((span) => span.name === 'parent').map(({ spanId }) => spanId));
      expect(new Set(rendered.map(({ parentSpanId }) => parentSpanId))).toEqual(parents);
      const inside = spans.filter((span) => span.name === 'inside, later');
      expect(inside.every((span) => rendered.some(({ spanId }) => spanId === span.parentSpanId))).toBe(true);
    });

    it('never sends data or the text of a template, not in an error either', async () => {
      await render('index', { style: usual });
      await failing('failing', { style: usual });
      await kit.collect(6);
      expect(kit.receiver.requests.some(({ body }) => Buffer.from(body).includes(SECRET))).toBe(false);
    });

    it('writes nothing to stderr meanwhile', () => {
      expect(kit.app.stderr).toBe('');
    });
  });

  transparencyKit({ title, fixture, shape: {}, crashes: kitOptions.crashes });
}
