import { emptyBody } from '../../core/body.ts';
import type { ContentSettings } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import type { Step } from '../steps.ts';
import type { CompiledTemplate } from '../variables/template.ts';
import { discard } from './answer-parts.ts';

/**
 * nginx's `mirror`: the request is made to other paths as well, and what they answer is thrown away. The request does not wait for
 * it. Where the body is to go along, only a request whose body is at hand as a whole is mirrored: one that streams would have to be
 * kept until the slowest has read it. Undefined where there are no mirrors.
 */
export function createMirror(settings: ContentSettings, context: CompileContext): Step | undefined {
  if (settings.mirrors.length === 0) return undefined;
  const uris = settings.mirrors.map((uri) => context.template(uri));
  return (request) => {
    const { body } = request.exchange;
    if (request.parent) return undefined;
    if (settings.mirrorsBody && !(body instanceof Uint8Array)) {
      request.log('info', 'a request whose body is streamed is not mirrored');
      return undefined;
    }
    const copy = settings.mirrorsBody && body instanceof Uint8Array ? body : emptyBody;
    for (const uri of uris) void mirror(request, uri, copy);
    return undefined;
  };
}

async function mirror(request: SiteRequest, uri: CompiledTemplate, body: Uint8Array): Promise<void> {
  try {
    const as = { method: request.method, body };
    const { outcome } = await request.services.subrequest(request, uri.evaluate(request), request.args, as);
    discard(outcome);
  } catch (error) {
    request.log('error', `mirror failed: ${(error as Error).message}`);
  }
}
