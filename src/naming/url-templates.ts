/** More segments than this are `/**`. */
const MAX_SEGMENTS = 8;
/** No word of a language is longer. */
const MAX_WORD = 20;
/** Titles of articles are longer than names of places in an API. */
const MAX_SEGMENT = 32;
/** How many templates there are before all others are no names any more. */
export const MAX_TEMPLATES = 200;

const ID = '{id}';
const VERSION = /^v\d+(?:\.\d+)*$/i;
const HEX = /^(?=.*\d)(?=.*[a-f])[\da-f]{6,}$/i;

/** Names for paths: those that a request has led to something, up to a number. */
export interface Templates {
  /** The template of a path; undefined for one that is not known yet and is not `learned`, and for further ones once there are too many. */
  of(path: string, learns: boolean): string | undefined;
}

/** @param full called once, when there are too many */
export function urlTemplates(full: () => void): Templates {
  const known = new Set<string>();
  let isFull = false;
  return {
    of(path, learns) {
      const template = templateOf(path);
      if (template === undefined || known.has(template)) return template;
      if (!learns) return undefined;
      if (known.size < MAX_TEMPLATES) {
        known.add(template);
        return template;
      }
      if (!isFull) {
        isFull = true;
        full();
      }
      return undefined;
    },
  };
}

/** The path with `{id}` for each segment that looks like the name of one thing of many; undefined for what is no path. */
export function templateOf(path: string): string | undefined {
  if (path.charCodeAt(0) !== 0x2f) return undefined;
  let template = '';
  let count = 0;
  for (const segment of path.split('/')) {
    if (segment === '') continue;
    if (count++ === MAX_SEGMENTS) return `${template}/**`;
    template += `/${isId(segment) ? ID : segment}`;
  }
  return template === '' ? '/' : template;
}

const DIGIT = 1;
const LETTER = 2;
const BETWEEN = 3;
/** What stands in names: anything else was written by a user, or encodes what was. */
const KINDS = new Uint8Array(128);
for (let code = 0x30; code <= 0x39; code++) KINDS[code] = DIGIT;
for (let code = 0x41; code <= 0x5a; code++) KINDS[code] = KINDS[code + 0x20] = LETTER;
for (const unit of '_.~:$!-') KINDS[unit.charCodeAt(0)] = BETWEEN;
const AT = 0x40;

function isId(segment: string): boolean {
  const { length } = segment;
  if (length > MAX_SEGMENT) return true;
  let digits = 0;
  let letters = 0;
  let word = 0;
  for (let i = 0; i < length; i++) {
    const code = segment.charCodeAt(i);
    const kind = code < 128 ? KINDS[code] : 0;
    if (kind === DIGIT) digits++;
    else if (kind === LETTER) letters++;
    // `@scope` is a name, `jane@example.com` is not.
    else if (kind === 0 && (code !== AT || i > 0)) return true;
    word = kind === DIGIT || kind === LETTER ? word + 1 : 0;
    if (word > MAX_WORD) return true;
  }
  if (digits === 0 || VERSION.test(segment)) return false;
  // `base64` and the like are rarer than `order12`.
  return letters === 0 || digits > 1 || HEX.test(segment);
}
