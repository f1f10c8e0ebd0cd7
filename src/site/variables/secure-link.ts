import { createHash, timingSafeEqual } from 'node:crypto';
import type { SecureLinkPlan } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import { wireText } from './parse-template.ts';
import type { CompiledTemplate } from './template.ts';

type Md5Plan = Extract<SecureLinkPlan, { kind: 'md5' }>;

/**
 * nginx's `$secure_link`: with `secure_link_md5` '1' where the link's hash is right, '0' where its time is over, undefined where it
 * is wrong; with `secure_link_secret` the path that the link leads to.
 */
export class SecureLinkCheck {
  readonly #context: CompileContext;
  readonly #templates: WeakMap<Md5Plan, { readonly link: CompiledTemplate; readonly md5: CompiledTemplate }> =
    new WeakMap();

  constructor(context: CompileContext) {
    this.#context = context;
  }

  evaluate(request: SiteRequest): string | undefined {
    const plan = request.location.settings.secureLink;
    if (!plan) return undefined;
    return plan.kind === 'secret' ? linkedPath(plan.secret, request) : this.#check(plan, request);
  }

  /** nginx's `$secure_link_expires`: the time that the link names, of one that is whole. */
  expires(request: SiteRequest): string | undefined {
    const plan = request.location.settings.secureLink;
    if (plan?.kind !== 'md5') return undefined;
    const { expires } = partsOf(this.#compile(plan).link.evaluate(request));
    return expires === 'invalid' ? undefined : expires;
  }

  #check(plan: Md5Plan, request: SiteRequest): string | undefined {
    const { link, md5 } = this.#compile(plan);
    const { hash, expires } = partsOf(link.evaluate(request));
    if (expires === 'invalid') return undefined;
    const told = Buffer.from(hash, 'base64url');
    if (hash.length > longestHash || told.length !== 16) return undefined;
    if (!timingSafeEqual(told, createHash('md5').update(md5.evaluate(request), 'latin1').digest())) return undefined;
    return expires !== undefined && Number(expires) * 1000 < request.services.now() ? '0' : '1';
  }

  #compile(plan: Md5Plan): { readonly link: CompiledTemplate; readonly md5: CompiledTemplate } {
    let templates = this.#templates.get(plan);
    if (!templates) {
      templates = { link: this.#context.template(plan.link), md5: this.#context.template(plan.md5) };
      this.#templates.set(plan, templates);
    }
    return templates;
  }
}

/** 16 bytes in base64, with padding. */
const longestHash = 24;

function partsOf(link: string): { readonly hash: string; readonly expires: string | undefined } {
  const comma = link.indexOf(',');
  if (comma < 0) return { hash: link, expires: undefined };
  const digits = link.slice(comma + 1);
  return { hash: link.slice(0, comma), expires: /^(?=.*[1-9])\d{1,18}$/.test(digits) ? digits : 'invalid' };
}

/** `/prefix/hash/link`: the hash is that of the link and the secret. */
function linkedPath(secret: string, { uri }: SiteRequest): string | undefined {
  const [, hash = '', link] = /^\/[^/]*\/([\da-f]{32})\/(.+)$/is.exec(uri) ?? [];
  if (link === undefined) return undefined;
  const right = createHash('md5').update(link, 'latin1').update(wireText(secret), 'latin1').digest();
  return timingSafeEqual(Buffer.from(hash, 'hex'), right) ? link : undefined;
}
