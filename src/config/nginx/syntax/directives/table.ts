import { accessDirectives } from './access.ts';
import { acmeDirectives } from './acme.ts';
import { contentDirectives } from './content.ts';
import { coreDirectives } from './core.ts';
import { fastcgiDirectives } from './fastcgi.ts';
import { galleyDirectives } from './galley.ts';
import { grpcDirectives } from './grpc.ts';
import { httpCoreDirectives } from './http-core.ts';
import { otherDirectives } from './other-modules.ts';
import { proxyDirectives } from './proxy.ts';
import { rewriteDirectives } from './rewrite.ts';
import type { DirectiveRule } from './rule.ts';
import { scgiDirectives } from './scgi.ts';
import { tlsDirectives } from './tls.ts';
import { upstreamDirectives } from './upstream.ts';
import { uwsgiDirectives } from './uwsgi.ts';

/** Every directive that is known; some names have several rules, for contexts where they mean something else. `include` is none of them. */
export const directiveRules: readonly DirectiveRule[] = [
  ...coreDirectives,
  ...httpCoreDirectives,
  ...contentDirectives,
  ...accessDirectives,
  ...rewriteDirectives,
  ...proxyDirectives,
  ...upstreamDirectives,
  ...fastcgiDirectives,
  ...uwsgiDirectives,
  ...scgiDirectives,
  ...grpcDirectives,
  ...tlsDirectives,
  ...acmeDirectives,
  ...otherDirectives,
  ...galleyDirectives,
];

/** The same by name. */
export const rulesByName: ReadonlyMap<string, readonly DirectiveRule[]> = Map.groupBy(
  directiveRules,
  ({ name }) => name,
);
