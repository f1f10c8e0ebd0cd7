import type { MemberStatus, UpstreamStatus } from '../../upstream/upstream-status.ts';
import type { RenderOptions } from './render-status.ts';
import { type Line, line, paint, type Style } from './styled-line.ts';
import { durationText } from './units.ts';

interface Column {
  readonly title: string;
  cell(member: MemberStatus, now: number): string;
  readonly isLeft?: boolean;
  style?(member: MemberStatus): Style;
}

const states: Readonly<Record<MemberStatus['state'], Style>> = {
  up: 'green',
  checking: 'cyan',
  draining: 'yellow',
  unhealthy: 'red',
  failed: 'red',
  down: 'dim',
};

const columns: readonly Column[] = [
  { title: 'ADDRESS', cell: ({ address }) => address, isLeft: true },
  { title: 'NAME', cell: ({ name, address }) => (name === address ? '' : name), isLeft: true },
  {
    title: 'STATE',
    cell: ({ state, backup }) => `${state}${backup ? ', backup' : ''}`,
    isLeft: true,
    style: ({ state }) => states[state],
  },
  { title: 'WEIGHT', cell: ({ weight }) => String(weight) },
  { title: 'ACTIVE', cell: ({ active }) => String(active) },
  { title: 'REQUESTS', cell: ({ requests }) => String(requests) },
  { title: 'FAILURES', cell: ({ failures }) => String(failures) },
  { title: 'LAST CHECK', cell: ({ lastCheck }, now) => checkText(lastCheck, now), isLeft: true },
];

/** Upstreams and their members as people read them, each line ended. What no member has anything to say of is left out. */
export function renderUpstreams(upstreams: readonly UpstreamStatus[], { width, color, now }: RenderOptions): string {
  const lines = upstreams.flatMap(({ name, members }, index): readonly Line[] => [
    ...(index === 0 ? [] : [line('')]),
    line(name, 'bold'),
    ...(members.length === 0 ? [line('  no members', 'yellow')] : memberTable(members, now)),
  ]);
  return lines.map((each) => `${paint(each, width, color)}\n`).join('');
}

function memberTable(members: readonly MemberStatus[], now: number): readonly Line[] {
  const shown = columns
    .map((column) => {
      const texts = members.map((member) => column.cell(member, now));
      return { column, texts, size: Math.max(column.title.length, ...texts.map((text) => text.length)) };
    })
    .filter(({ texts }) => texts.some((text) => text !== ''));
  const padded = ({ column, size }: (typeof shown)[number], text: string): string => {
    return `  ${column.isLeft ? text.padEnd(size) : text.padStart(size)}`;
  };
  return [
    shown.map((cell) => ({ text: padded(cell, cell.column.title), style: 'dim' as const })),
    ...members.map((member, index) =>
      shown.map((cell) => ({ text: padded(cell, cell.texts[index] ?? ''), style: cell.column.style?.(member) })),
    ),
  ];
}

function checkText(check: MemberStatus['lastCheck'], now: number): string {
  if (!check) return '';
  return `${check.problem ?? 'passed'}, ${durationText(now - Date.parse(check.at))} ago`;
}
