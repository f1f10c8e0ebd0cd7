import { z } from 'zod';
import { closestName } from '../../core/closest-name.ts';
import { configSchema } from '../schema/config-schema.ts';
import type { UserConfig } from '../schema/user-config.ts';
import type { ConfigPath, ConfigProblem } from '../typed/conversion.ts';

/** Checks names and types of a user's config: itself, or all that is wrong with it. */
export function validate(
  value: unknown,
): { readonly user: UserConfig } | { readonly user: undefined; readonly problems: readonly ConfigProblem[] } {
  const result = configSchema.safeParse(value);
  if (result.success) return { user: value as UserConfig };
  return { user: undefined, problems: result.error.issues.flatMap((issue) => problemsOf(issue, [], value)) };
}

function problemsOf(issue: z.core.$ZodIssue, outer: ConfigPath, value: unknown): readonly ConfigProblem[] {
  const path = [...outer, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))];
  if (issue.code === 'invalid_union') {
    const branch = meantBranch(issue.errors);
    if (branch) return branch.flatMap((inner) => problemsOf(inner, path, value));
  }
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownOption([...path, key]));
  const name = path.at(-1);
  const found = valueAt(value, path);
  if (found === undefined) return [problem(path.slice(0, -1), `"${name}" is missing: ${issue.message}`)];
  const subject = typeof name === 'string' ? `"${name}"` : 'this';
  return [problem(path, `Cannot use ${shown(found)} for ${subject}: ${issue.message}`)];
}

/** Of the forms that an option has, the one that was probably meant: of those of the right type the one with the fewest mistakes. */
function meantBranch(branches: readonly Branch[]): Branch | undefined {
  const possible = branches
    .flatMap(unfolded)
    .filter((issues) => !issues.some(({ code, path }) => path.length === 0 && code.startsWith('invalid')));
  return possible.toSorted((a, b) => weight(a) - weight(b))[0];
}

type Branch = readonly z.core.$ZodIssue[];

/** The forms of a form that has several itself. */
function unfolded(branch: Branch): readonly Branch[] {
  const [first] = branch;
  return first?.code === 'invalid_union' && first.path.length === 0 ? first.errors.flatMap(unfolded) : [branch];
}

function weight(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
}

function problem(path: ConfigPath, message: string): ConfigProblem {
  return { severity: 'error', path, message };
}

function unknownOption(path: ConfigPath): ConfigProblem {
  const name = String(path.at(-1));
  const names = optionNames(path.slice(0, -1));
  const close = names.find((each) => each.toLowerCase() === name.toLowerCase()) ?? closestName(name, names);
  return {
    severity: 'error',
    path,
    message: `Unknown option "${name}"`,
    ...(close === undefined ? {} : { hint: `did you mean "${close}"?` }),
    isName: true,
  };
}

interface SchemaNode {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly definitions?: Readonly<Record<string, SchemaNode>>;
}

/** The names of the options that there are at a place. */
function optionNames(path: ConfigPath): readonly string[] {
  const root = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }) as SchemaNode;
  const forms = (node: SchemaNode): readonly SchemaNode[] => {
    const reference = root.definitions?.[node.$ref?.replace('#/definitions/', '') ?? ''];
    const others = [...(node.anyOf ?? []), ...(node.allOf ?? []), ...(reference ? [reference] : [])];
    return [node, ...others.flatMap(forms)];
  };
  const reached = path.reduce<readonly SchemaNode[]>(
    (nodes, key) =>
      nodes.flatMap(forms).flatMap((node) => {
        const { additionalProperties } = node;
        const next =
          typeof key === 'number'
            ? node.items
            : (node.properties?.[key] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined));
        return next ? [next] : [];
      }),
    [root],
  );
  return reached.flatMap(forms).flatMap(({ properties }) => Object.keys(properties ?? {}));
}

function valueAt(value: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
    value,
  );
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
