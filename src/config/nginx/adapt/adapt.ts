import type { Config } from '../../config.ts';
import type { Diagnostic } from '../../diagnostic.ts';
import { planProblem } from '../../plan-problem.ts';
import { resolve } from '../../resolve.ts';
import type { Directive } from '../syntax/tree.ts';
import { Adaptation } from './adaptation.ts';
import type { AdaptContext } from './context.ts';
import { handlers } from './handler-table.ts';
import { nginxDefaults } from './nginx-defaults.ts';
import { mergeBlocks, Scope } from './scope.ts';

export interface Adapted {
  /** What could be read of it, where there are errors. */
  readonly config: Config;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * What an nginx.conf means. Names, places and numbers of arguments were checked by the parser; all values are checked here, with
 * nginx's words where it has any. What shows only when the plan is compiled has no place.
 */
export function adaptNginxConf(directives: readonly Directive[], context: AdaptContext): Adapted {
  const adaptation = new Adaptation(context, handlers);
  adaptation.run(directives, new Scope());
  adaptation.finish();
  const { process, apps, variables, requestZones, connectionZones, logFormats, servers, diagnostics } = adaptation;
  const config: Config = {
    process,
    apps,
    variables,
    requestZones,
    connectionZones,
    logFormats,
    upstreams: [...adaptation.upstreams.values()],
    caches: adaptation.caches,
    issuers: adaptation.issuers,
    defaults: mergeBlocks(nginxDefaults(context), adaptation.http),
    servers,
  };
  const isWrong = diagnostics.some(({ severity }) => severity === 'error');
  const problem = isWrong ? undefined : planProblem(resolve(config, context));
  if (problem === undefined) return { config, diagnostics };
  return { config, diagnostics: [...diagnostics, { severity: 'error', message: problem, at: undefined }] };
}
