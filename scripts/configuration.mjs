import { table } from './markdown.mjs';

/** The configuration page: what the groups of src/config/table.ts say of their rows. */
export function configuration(groups) {
  const parts = [];
  for (const group of groups) {
    const rows = group.rows.map((row) => [
      [row.name, ...(row.aliases ?? [])].map((name) => `\`${name}\``).join('<br>or '),
      typeText(row),
      defaultText(row),
      row.runtime ? `${row.help} [Can change while the app runs](runtime-switch.md).` : row.help,
    ]);
    parts.push(`## ${group.title}\n\n${group.text}`, table(['Variable', 'Type', 'Default', 'Meaning'], rows));
  }
  return parts.join('\n\n');
}

function typeText(row) {
  const words = row.values?.map((value) => `\`${value}\``).join(', ');
  switch (row.type) {
    case 'enum':
      return words;
    case 'set':
      return `list of ${words}`;
    case 'ratio':
      return 'number';
    case 'duration':
    case 'timeout':
      return `integer, ${row.unit}`;
    case 'pairs':
    case 'headers':
      return '`key=value,…`';
    case 'expressions':
      return '`/expression/, name=/expression/i`';
    case 'list':
    case 'header names':
      return 'list';
    default:
      return row.unit === undefined ? row.type : `${row.type}, ${row.unit}`;
  }
}

function defaultText(row) {
  if (row.append !== undefined) return `that of \`${row.fallback}\` with \`${row.append}\``;
  if (row.fallback !== undefined) return `that of \`${row.fallback}\``;
  if (row.default === undefined) return '';
  if (row.default === Infinity) return 'no limit';
  if (Array.isArray(row.default)) return row.default.length === 0 ? 'none' : `\`${row.default.join(',')}\``;
  return typeof row.default === 'object' ? '' : `\`${row.default}\``;
}
