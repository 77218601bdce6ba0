/** A variable is written once: these rows exist nowhere else, and nothing else is written for them. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import { configuration } from '../../../scripts/configuration.mjs';
import { readRows } from '../../../src/config/read.ts';
import type { ConfigOf, Group } from '../../../src/config/variable.ts';

const PLANETS = {
  title: 'Planets',
  text: 'Where to go.',
  rows: [
    {
      name: 'FORETRACE_PLANET',
      aliases: ['FORETRACE_WORLD'],
      to: 'flight.planet',
      type: 'enum',
      values: ['mars', 'venus'],
      synonyms: { 'red planet': 'mars' },
      unsupported: { pluto: 'it is none' },
      default: 'mars',
      remark: (planet: string) => (planet === 'venus' ? ' is venus, which is hot' : undefined),
      help: 'Where it flies to.',
    },
    {
      name: 'FORETRACE_SEATS',
      type: 'integer',
      min: 1,
      default: 8,
      help: 'The seats there are.',
    },
    {
      name: 'FORETRACE_CREW',
      to: 'flight.crew.size',
      type: 'integer',
      min: 1,
      default: 2,
      atMost: 'FORETRACE_SEATS',
      help: 'Who flies.',
    },
    {
      name: 'FORETRACE_GUESTS',
      to: 'flight.crew.guests',
      type: 'integer',
      fallback: 'FORETRACE_CREW',
      default: 2,
      help: 'Who flies along.',
    },
    {
      name: 'FORETRACE_DOORS',
      to: 'doors',
      type: 'list',
      default: undefined,
      as: (doors: readonly string[] | undefined) => doors?.length ?? 0,
      help: 'Which are open.',
    },
    {
      name: 'FORETRACE_TOWER',
      type: 'URL',
      default: 'http://tower',
      help: 'Who is asked.',
    },
    {
      name: 'FORETRACE_TOWER_WEATHER',
      to: 'weather',
      type: 'URL',
      fallback: 'FORETRACE_TOWER',
      append: 'weather',
      default: 'http://tower',
      help: 'Who is asked for the weather.',
    },
  ],
} as const satisfies Group;

type Row = (typeof PLANETS)['rows'][number];
const read = (texts: Record<string, string>) => readRows<Row>(PLANETS.rows, texts);

describe('a row of the table', () => {
  it('gives the configuration a type, without another line', () => {
    expectTypeOf<ConfigOf<Row>>().branded.toEqualTypeOf<{
      readonly flight: {
        readonly planet: 'mars' | 'venus';
        readonly crew: { readonly size: number; readonly guests: number };
      };
      readonly doors: number;
      readonly weather: string;
    }>();
    expectTypeOf(read({}).config.flight.planet).toEqualTypeOf<'mars' | 'venus'>();
  });

  it('is read to its place, by its name or an alias, and has its default there when unset', () => {
    expect(read({})).toEqual({
      config: {
        flight: { planet: 'mars', crew: { size: 2, guests: 2 } },
        doors: 0,
        weather: 'http://tower/weather',
      },
      warnings: [],
      remarks: [],
    });
    expect(
      read({ FORETRACE_WORLD: 'Red Planet', FORETRACE_DOORS: 'a,b', FORETRACE_CREW: '5' }).config,
    ).toEqual({
      flight: { planet: 'mars', crew: { size: 5, guests: 5 } },
      doors: 2,
      weather: 'http://tower/weather',
    });
  });

  it('refuses what it does not take, with a line that says what holds instead', () => {
    const { config, warnings } = read({
      FORETRACE_PLANET: 'pluto',
      FORETRACE_CREW: '7',
      FORETRACE_GUESTS: 'many',
      FORETRACE_TOWER: 'http://u:secret@tower/x?y=1',
      FORETRACE_TOWER_WEATHER: 'sunny',
    });
    expect(config).toMatchObject({
      flight: { planet: 'mars', crew: { size: 7, guests: 7 } },
      weather: 'http://u:secret@tower/x/weather?y=1',
    });
    expect(warnings).toEqual([
      'FORETRACE_PLANET="pluto" is not supported: it is none, mars is used',
      'FORETRACE_GUESTS="many" is not an integer from 0 to 2147483647, 7 is used',
      'FORETRACE_TOWER_WEATHER="sunny" is not a URL that begins with http:// or https://, it is ignored',
    ]);
  });

  it('is bound by the row that it names, and says what is worth a word to who has set it', () => {
    const { config, warnings, remarks } = read({
      FORETRACE_PLANET: 'venus',
      FORETRACE_SEATS: '3',
      FORETRACE_CREW: '5',
    });
    expect([config.flight, warnings]).toEqual([{ planet: 'venus', crew: { size: 3, guests: 3 } }, []]);
    expect(remarks).toEqual([
      'FORETRACE_PLANET is venus, which is hot',
      'FORETRACE_CREW="5" is above FORETRACE_SEATS, 3 is used',
    ]);
    expect(read({ FORETRACE_SEATS: '1' })).toMatchObject({
      config: { flight: { crew: { size: 1 } } },
      remarks: [],
    });
  });

  it('is in the documentation', () => {
    expect(configuration([PLANETS]).split('\n')).toEqual([
      '## Planets',
      '',
      'Where to go.',
      '',
      '| Variable | Type | Default | Meaning |',
      '| --- | --- | --- | --- |',
      '| `FORETRACE_PLANET`<br>or `FORETRACE_WORLD` | `mars`, `venus` | `mars` | Where it flies to. |',
      '| `FORETRACE_SEATS` | integer | `8` | The seats there are. |',
      '| `FORETRACE_CREW` | integer | `2` | Who flies. |',
      '| `FORETRACE_GUESTS` | integer | that of `FORETRACE_CREW` | Who flies along. |',
      '| `FORETRACE_DOORS` | list |  | Which are open. |',
      '| `FORETRACE_TOWER` | URL | `http://tower` | Who is asked. |',
      '| `FORETRACE_TOWER_WEATHER` | URL | that of `FORETRACE_TOWER` with `weather` | Who is asked for the weather. |',
    ]);
  });
});
