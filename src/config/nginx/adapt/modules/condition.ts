import type { Condition } from '../../../../plan/location-plan.ts';
import type { Argument, Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';

type FileTest = Extract<Condition, { path: unknown }>['kind'];
const fileTests: Readonly<Record<string, FileTest>> = {
  '-f': 'file',
  '-d': 'directory',
  '-e': 'exists',
  '-x': 'executable',
};

/** What is between the parentheses of an `if`; undefined where it is no condition, which is told. */
export function readCondition(directive: Directive, adaptation: Adaptation): Condition | undefined {
  const words = insideParentheses(directive, adaptation);
  if (!words) return undefined;
  const [first, second, third] = words;
  const invalid = (): undefined => adaptation.error(first ?? directive, `invalid condition "${first?.text || ')'}"`);
  if (!first) return invalid();
  const { text } = first;
  if (text.length > 1 && text.startsWith('$')) {
    if (words.length !== 1 && words.length !== 3) return invalid();
    const variable = text.slice(1);
    adaptation.useVariable(variable, first);
    return second && third ? readComparison(variable, second, third, adaptation) : { kind: 'set', variable };
  }
  const isNegated = text.startsWith('!');
  const kind = fileTests[isNegated ? text.slice(1) : text];
  if (!kind || !second || words.length !== 2) return invalid();
  return { kind, path: adaptation.template(second.text, second), isNegated };
}

function readComparison(
  variable: string,
  operator: Argument,
  operand: Argument,
  adaptation: Adaptation,
): Condition | undefined {
  const { text } = operator;
  const isNegated = text.startsWith('!');
  switch (isNegated ? text.slice(1) : text) {
    case '=':
      return { kind: 'equals', variable, value: adaptation.template(operand.text, operand), isNegated };
    case '~':
    case '~*': {
      const ignoreCase = text.endsWith('*');
      const pattern = adaptation.pattern(operand.text, ignoreCase, operand);
      return { kind: 'matches', variable, pattern, ignoreCase, isNegated };
    }
    default:
      return adaptation.error(operator, `unexpected "${text}" in condition`);
  }
}

/** The words without the parentheses, which may stand alone or touch a word. */
function insideParentheses({ args, at }: Directive, adaptation: Adaptation): readonly Argument[] | undefined {
  const [first] = args;
  const last = args.at(-1);
  if (!first || !last || !first.text.startsWith('(')) {
    const text = first?.text ?? '';
    return adaptation.error(first ?? { at }, `invalid condition "${text}"`);
  }
  if (!last.text.endsWith(')')) return adaptation.error(last, `invalid condition "${last.text}"`);
  const words = args.map((each, index) => {
    const from = index === 0 ? 1 : 0;
    const to = index === args.length - 1 ? -1 : undefined;
    return { ...each, text: each.text.slice(from, to), wasAlone: each.text === '(' || each.text === ')' };
  });
  return words.filter(({ text, wasAlone }, index) => {
    const isOuter = index === 0 || index === words.length - 1;
    return !(isOuter && text === '' && wasAlone);
  });
}
