import { constants, type Stats, statSync } from 'node:fs';
import type { Condition } from '../../plan/location-plan.ts';
import type { CompileContext } from '../compile-context.ts';
import { filePath } from '../files/file-path.ts';
import { compileMatcher } from '../pattern/matcher.ts';
import type { SiteRequest } from '../site-request.ts';

/** nginx's `if (…)`. Files are looked at by the event loop itself. Throws PlanError. */
export function compileCondition(condition: Condition, context: CompileContext): (request: SiteRequest) => boolean {
  switch (condition.kind) {
    case 'set': {
      const variable = context.variable(condition.variable);
      return (request) => {
        const value = variable(request);
        return value !== undefined && value !== '' && value !== '0';
      };
    }
    case 'equals': {
      const { isNegated } = condition;
      const variable = context.variable(condition.variable);
      const value = context.template(condition.value);
      return (request) => ((variable(request) ?? '') === value.evaluate(request)) !== isNegated;
    }
    case 'matches': {
      const { isNegated } = condition;
      const variable = context.variable(condition.variable);
      const matcher = compileMatcher(context, condition.pattern, condition.ignoreCase);
      return (request) => {
        const matches = matcher.match(request, variable(request) ?? '');
        if (!matches) request.captures = [];
        return matches !== isNegated;
      };
    }
    default: {
      const { isNegated } = condition;
      const path = context.template(condition.path);
      const isSo = tests[condition.kind];
      return (request) => isSo(filePath(path.evaluate(request))) !== isNegated;
    }
  }
}

const tests: Readonly<Record<'file' | 'directory' | 'exists' | 'executable', (path: string | Buffer) => boolean>> = {
  file: (path) => facts(path)?.isFile() === true,
  directory: (path) => facts(path)?.isDirectory() === true,
  exists: (path) => facts(path) !== undefined,
  // What its owner may execute, a folder too.
  executable: (path) => ((facts(path)?.mode ?? 0) & constants.S_IXUSR) !== 0,
};

function facts(path: string | Buffer): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // A part of it is no folder, may not be entered, or is too long.
    return undefined;
  }
}
