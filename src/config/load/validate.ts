import { z } from 'zod';
import { closestName } from '../../core/closest-name.ts';
import { configSchema } from '../schema/config-schema.ts';
import type { UserConfig } from '../schema/user-config.ts';
import type { ConfigPath, ConfigProblem } from '../typed/conversion.ts';
import { valueAt } from '../typed/places.ts';

/** A problem, and the option that is missing or was meant. */
type ShapeProblem = ConfigProblem & { readonly missing?: string; readonly meant?: string };

/** Checks names and types of a user's config: itself, or all that is wrong with it. */
export function validate(
  value: unknown,
): { readonly user: UserConfig } | { readonly user: undefined; readonly problems: readonly ConfigProblem[] } {
  const result = configSchema.safeParse(value);
  if (result.success) return { user: value as UserConfig };
  return {
    user: undefined,
    problems: withoutMisspelt(result.error.issues.flatMap((issue) => problemsOf(issue, [], value))),
  };
}

function problemsOf(issue: z.core.$ZodIssue, outer: ConfigPath, value: unknown): readonly ShapeProblem[] {
  const path = [...outer, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))];
  if (issue.code === 'invalid_union') {
    const branch = meantBranch(issue.errors);
    if (branch) return branch.flatMap((inner) => problemsOf(inner, path, value));
  }
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownOption([...path, key]));
  const name = path.at(-1);
  if (issue.code === 'invalid_key') {
    const [{ message } = issue] = issue.issues;
    return [{ severity: 'error', path, message: `Cannot use "${name}" as a name: ${message}`, isName: true }];
  }
  const found = valueAt(value, path);
  if (found === undefined && typeof name === 'string') return [missing(path, issue.message)];
  const subject = typeof name === 'string' ? `"${name}"` : 'this';
  const hint = typeof found === 'string' && issue.message === 'it takes a list' ? `write [${shown(found)}]` : undefined;
  const message = `Cannot use ${shown(found)} for ${subject}: ${issue.message}`;
  return [{ severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) }];
}

/** What is missing is told at the object around it. */
function missing(path: ConfigPath, takes: string): ShapeProblem {
  const name = String(path.at(-1));
  return { severity: 'error', path: path.slice(0, -1), message: `"${name}" is missing: ${takes}`, missing: name };
}

/** An option that is there under a wrong name is not missing. */
function withoutMisspelt(problems: readonly ShapeProblem[]): readonly ConfigProblem[] {
  const meant = new Set(problems.map((each) => placeText([...each.path.slice(0, -1), each.meant ?? ''])));
  return problems.filter((each) => each.missing === undefined || !meant.has(placeText([...each.path, each.missing])));
}

function placeText(path: ConfigPath): string {
  return JSON.stringify(path);
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

/** As many names are few enough to be listed. */
const fewNames = 12;

function unknownOption(path: ConfigPath): ShapeProblem {
  const name = String(path.at(-1));
  const options = optionsAt(path.slice(0, -1));
  const names = [...options.keys()];
  const meant = meantName(name, options);
  const listed = names.length <= fewNames ? `it takes ${names.map((each) => `"${each}"`).join(', ')}` : undefined;
  const hint = meant === undefined ? listed : `did you mean "${meant}"?`;
  const message = `Unknown option "${name}"`;
  return {
    severity: 'error',
    path,
    message,
    ...(hint === undefined ? {} : { hint }),
    isName: true,
    ...(meant === undefined ? {} : { meant }),
  };
}

/** By its spelling, by the name that nginx has for it, or by a part of its name. */
function meantName(name: string, options: ReadonlyMap<string, string>): string | undefined {
  const names = [...options.keys()];
  const lower = name.toLowerCase();
  const byNginx = names.find((each) => options.get(each)?.split(', ').includes(name));
  const byPart = names.filter((each) => name.length > 2 && each.toLowerCase().includes(lower));
  return (
    names.find((each) => each.toLowerCase() === lower) ??
    closestName(name, names) ??
    byNginx ??
    (byPart.length === 1 ? byPart[0] : undefined)
  );
}

interface SchemaNode {
  readonly $ref?: string;
  readonly nginx?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly definitions?: Readonly<Record<string, SchemaNode>>;
}

/** The options that there are at a place: their names, and those of nginx for them. */
function optionsAt(path: ConfigPath): ReadonlyMap<string, string> {
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
  const properties = reached.flatMap(forms).flatMap((node) => Object.entries(node.properties ?? {}));
  return new Map(properties.map(([name, { nginx = '' }]) => [name, nginx]));
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
