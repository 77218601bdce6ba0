import { callbackOr, define, type Point, promise, scope } from '../src/define.ts';
import { template, type TemplateFile } from '../src/semconv/template.ts';

/** Express gives the settings of the app with the data. */
interface Data {
  settings?: { views?: unknown };
}

interface Options {
  filename?: unknown;
  /** Made for a browser. */
  client?: unknown;
  views?: unknown;
  root?: unknown;
}

const engine = scope('foretrace.ejs');

const fileOf = (options: Options | undefined, file = options?.filename): TemplateFile => ({
  file,
  folders: options?.views ?? options?.root,
});

const rendering = template<unknown, [unknown]>({
  scope: engine,
  file: (_, __, call) => fileOf(call?.args[1] as Options | undefined),
});

const render = template<unknown, [text: unknown, data?: unknown, options?: Options]>({
  scope: engine,
  file: (_, [, , options]) => fileOf(options),
});

const renderFile = template<unknown, [file: unknown, data?: Data, options?: Options]>({
  scope: engine,
  file: (_, [file, data, options]) => fileOf(options?.views === undefined ? data?.settings : options, file),
});

/** Each way to render goes by `compile`, whose functions the app may keep: below the others they make no spans of their own. */
const points = (file: string, versions: string, exports = ''): Point[] => [
  {
    file,
    versions,
    target: `${exports}compile`,
    // What is compiled for a browser is sent there as text.
    unless: (_: unknown, [, options]: [unknown, Options?]) => Boolean(options?.client),
    opens: [{ target: '', trace: rendering, active: true }],
  },
  { file, versions, target: `${exports}render`, trace: render, active: true },
  {
    file,
    versions,
    target: `${exports}renderFile`,
    aliases: ['__express'],
    trace: renderFile,
    ends: callbackOr(promise),
    active: true,
  },
];

export default define({
  name: 'ejs',
  module: 'ejs',
  versions: '>=2.5.1 <8',
  esm: true,
  spans: 'a span for each template that is rendered, with what it includes',
  points: [
    ...points('lib/ejs.js', '<4'),
    ...points('lib/cjs/ejs.js', '>=4'),
    ...points('lib/esm/ejs.js', '>=4', 'default.'),
  ],
});
