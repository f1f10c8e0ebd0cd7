import type { Command } from './commands.ts';
import { type Option, optionTable } from './option-table.ts';

const width = 80;
/** An option whose names are wider has its text on the lines below. */
const widestLeft = 34;

/** The text of a command's `--help`, at most 80 columns wide. */
export function helpText(command: Command): string {
  const rows = command.options.map((name) => ({
    group: optionTable[name].group,
    left: left(name),
    doc: doc(optionTable[name]),
  }));
  const widths = rows.map((row) => row.left.length).filter((each) => each <= widestLeft);
  const column = Math.max(...widths) + 2;
  let text = command.about;
  let group: string | undefined;
  for (const row of rows) {
    if (row.group !== group) text += `\n${row.group}:\n`;
    group = row.group;
    const lines = wrap(row.doc, width - column).map((line) => `${' '.repeat(column)}${line}\n`);
    text +=
      row.left.length <= widestLeft
        ? `${row.left}${lines.join('').slice(row.left.length)}`
        : `${row.left}\n${lines.join('')}`;
  }
  return text + command.examples;
}

function left(name: keyof typeof optionTable): string {
  const { short, alias, type } = optionTable[name];
  const names = [`--${name}`, ...(alias ? [`--${alias}`] : [])].join(', ');
  return `  ${short ? `-${short}, ` : '    '}${names}${type.placeholder ? ` ${type.placeholder}` : ''}`;
}

function doc(option: Option<unknown>): string {
  const { choices } = option.type;
  const ofWhich = choices.length > 0 ? ` One of ${choices.join(', ')}.` : '';
  const standard = option.defaultText ?? (option.default || undefined);
  return `${option.doc}${ofWhich}${standard === undefined ? '' : ` Default: ${standard}.`}`;
}

function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
