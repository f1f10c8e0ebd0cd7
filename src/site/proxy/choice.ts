import type { UpstreamPlan } from '../../plan/upstream-plan.ts';
import type { Member } from '../../upstream/member.ts';
import { cookieRoute, stickyCookie } from '../../upstream/sticky.ts';
import type { CompileContext } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import type { CompiledTemplate } from '../variables/template.ts';

/** What a request says of the member that it wants; see Choice. */
export interface RequestChoice {
  readonly key: string | undefined;
  readonly route: string | undefined;
}

const nothing: RequestChoice = { key: undefined, route: undefined };

/** Finds out what requests of one location say of the member that they want. */
export class Chooser {
  readonly #context: CompileContext;
  readonly #templates: Map<string, CompiledTemplate> = new Map();

  /** Compiles what the upstream of a location asks for; `plan` is undefined where requests name it. Throws PlanError. */
  constructor(context: CompileContext, plan: UpstreamPlan | undefined) {
    this.#context = context;
    if (plan?.balance.kind === 'hash') this.#template(plan.balance.key);
    if (plan?.sticky?.kind === 'route') for (const variable of plan.sticky.variables) this.#template(variable);
  }

  choose(request: SiteRequest, { balance, sticky }: UpstreamPlan): RequestChoice {
    const hasKey = balance.kind === 'hash' || balance.kind === 'ip-hash';
    if (!hasKey && !sticky) return nothing;
    let key: string | undefined;
    if (balance.kind === 'hash') key = this.#template(balance.key).evaluate(request);
    else if (balance.kind === 'ip-hash') key = request.exchange.connection.client.address;
    return { key, route: sticky && this.#route(request, sticky) };
  }

  /** The `set-cookie` by which the client comes back to a member; undefined where it has one, or needs none. */
  cookie(
    request: SiteRequest,
    { sticky }: UpstreamPlan,
    route: string | undefined,
    member: Member,
  ): string | undefined {
    if (sticky?.kind !== 'cookie' || route === member.route) return undefined;
    return stickyCookie(sticky, member.route, new Date(request.services.now()));
  }

  #route(request: SiteRequest, sticky: NonNullable<UpstreamPlan['sticky']>): string | undefined {
    if (sticky.kind === 'cookie') return cookieRoute(sticky.name, request.exchange.request.headers.getAll('cookie'));
    for (const variable of sticky.variables) {
      const route = this.#template(variable).evaluate(request);
      if (route !== '') return route;
    }
    return undefined;
  }

  /** A template that cannot be compiled was found when the location was. */
  #template(text: string): CompiledTemplate {
    let template = this.#templates.get(text);
    if (!template) {
      template = this.#context.template(text);
      this.#templates.set(text, template);
    }
    return template;
  }
}
