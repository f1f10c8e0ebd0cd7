import { type Expression, type Node, type Program, parse, parseExpressionAt } from 'acorn';
import type { DiagnosticPosition } from '../diagnostic.ts';
import type { ConfigPath } from '../typed/conversion.ts';

/** Finds the places of options in the text of a config. */
export class ConfigLocator {
  readonly #file: string;
  readonly #text: string;
  readonly #constants: ReadonlyMap<string, Node>;
  readonly #root: Node | undefined;

  /** `plain` is the text as JavaScript, with all in its place; without it, and where it cannot be parsed, there are no places. */
  constructor(file: string, text: string, plain: string | undefined) {
    this.#file = file;
    this.#text = text;
    const program = plain === undefined ? undefined : parseProgram(file, plain);
    if (program?.type !== 'Program') {
      this.#constants = new Map();
      this.#root = program;
      return;
    }
    this.#constants = new Map(program.body.flatMap(constantsOf));
    this.#root = program.body.map(exportedBy).find((each) => each !== undefined);
  }

  /**
   * The place of a path: that of the name where it is an unknown one, else that of the value. Where the text does not show it,
   * as it is computed or missing, the nearest place around it; `isExact` says which.
   */
  find(
    path: ConfigPath,
    ofName: boolean,
  ): { readonly at: DiagnosticPosition; readonly isExact: boolean; readonly words: string | undefined } {
    let node = this.#valueOf(this.#root);
    let found: Node | undefined = node;
    for (const [depth, key] of path.entries()) {
      const next = this.#member(node, key);
      if (next === undefined) return { ...this.#place(found), isExact: false };
      node = this.#valueOf(next.value);
      found = ofName && depth === path.length - 1 ? next.name : next.value;
    }
    return { ...this.#place(found), isExact: found !== undefined };
  }

  /** A line and column from 1. */
  position(line: number, column: number): DiagnosticPosition {
    return { file: this.#file, line, column, text: this.#text.split('\n')[line - 1] ?? '' };
  }

  #place(node: Node | undefined): { readonly at: DiagnosticPosition; readonly words: string | undefined } {
    if (node === undefined) return { at: { file: this.#file }, words: undefined };
    const before = this.#text.slice(0, node.start).split('\n');
    const words = this.#text.slice(node.start, node.end);
    return {
      at: this.position(before.length, (before.at(-1)?.length ?? 0) + 1),
      words: words.includes('\n') ? undefined : words,
    };
  }

  /** What an expression stands for: the argument of `defineConfig`, the value of a constant. */
  #valueOf(node: Node | undefined): Node | undefined {
    let value = node as Expression | undefined;
    for (let hops = 0; hops < 20; hops++) {
      if (value?.type === 'CallExpression') value = value.arguments[0] as Expression | undefined;
      else if (value?.type === 'ParenthesizedExpression') value = value.expression;
      else if (value?.type === 'Identifier') value = this.#constants.get(value.name) as Expression | undefined;
      else break;
    }
    return value;
  }

  /** The last member of this name: it is the one that counts. */
  #member(parent: Node | undefined, key: string | number): { readonly name: Node; readonly value: Node } | undefined {
    const node = parent as Expression | undefined;
    if (node?.type === 'ArrayExpression') {
      const element = node.elements[Number(key)];
      const isShifted = node.elements.slice(0, Number(key) + 1).some((each) => each?.type === 'SpreadElement');
      return element && !isShifted ? { name: element, value: element } : undefined;
    }
    if (node?.type !== 'ObjectExpression') return undefined;
    for (const property of node.properties.toReversed()) {
      if (property.type === 'SpreadElement') {
        const member = this.#member(this.#valueOf(property.argument), key);
        if (member) return member;
      } else if (nameOf(property.key, property.computed) === String(key)) {
        return { name: property.key, value: property.value };
      }
    }
    return undefined;
  }
}

function parseProgram(file: string, text: string): Program | Expression | undefined {
  try {
    if (file.endsWith('.json')) return parseExpressionAt(text, 0, { ecmaVersion: 'latest' });
    return parse(text, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true });
  } catch {
    return undefined;
  }
}

/** What `export default` or `module.exports =` gives away. */
function exportedBy(statement: Program['body'][number]): Node | undefined {
  if (statement.type === 'ExportDefaultDeclaration') return statement.declaration;
  if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression')
    return undefined;
  const { left, right } = statement.expression;
  const isExports = left.type === 'MemberExpression' && nameOf(left.property, left.computed) === 'exports';
  return isExports ? right : undefined;
}

function constantsOf(statement: Program['body'][number]): readonly (readonly [string, Node])[] {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
  if (declaration?.type !== 'VariableDeclaration') return [];
  return declaration.declarations.flatMap(({ id, init }) =>
    id.type === 'Identifier' && init ? [[id.name, init] as const] : [],
  );
}

function nameOf(key: Node, isComputed: boolean): string | undefined {
  const node = key as Expression;
  if (node.type === 'Literal') return String(node.value);
  return node.type === 'Identifier' && !isComputed ? node.name : undefined;
}
