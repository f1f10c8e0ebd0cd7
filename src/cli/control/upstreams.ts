import { mostWeight } from '../../server/control/upstream-routes.ts';
import { type MemberAction, memberActions } from '../../upstream/supervision/runtime-changes.ts';
import type { UpstreamStatus } from '../../upstream/upstream-status.ts';
import { UsageError } from '../usage-error.ts';
import { oneOf } from '../value-type.ts';
import { askControl, tellControl, textOf } from './ask-control.ts';
import { type ControlAction, type ControlCommand, controlOptions, wordValue } from './control-command.ts';
import { ControlFailure } from './control-failure.ts';
import { findGalley } from './find-galley.ts';
import { renderUpstreams } from './render-upstreams.ts';
import { hasColors } from './terminal.ts';

const call = 'galley upstreams';

/** `galley upstreams`. */
export const upstreams: ControlCommand = {
  name: 'upstreams',
  call,
  word: undefined,
  mostWords: 3,
  about: `Usage: galley upstreams [NAME] [options]
       galley upstreams NAME ACTION ADDRESS [options]

Tells how the members of upstreams are doing, of all or of one: the servers that
proxies send requests to. Or changes a member, until Galley ends or the config
says something else of its upstream:

  add       one more, or one that was removed, with --weight and --backup
  drain     no more requests but those of clients that stick to it
  remove    no more requests at all; what is under way goes on
  up        requests again, after drain or where the config says "down"
  weight    its share, with --weight
`,
  examples: `
Examples:
  galley upstreams                                      all of them
  galley upstreams app drain 127.0.0.1:8001             before it is stopped
  galley upstreams app up 127.0.0.1:8001                when it is back
  galley upstreams app add 127.0.0.1:8003 --weight 2    one more
  galley upstreams app weight 127.0.0.1:8003 --weight 5
`,
  options: ['weight', 'backup', 'json', ...controlOptions],
  prepare(name, [action, address]) {
    if (action === undefined) return printing(name);
    const what = wordValue(call, action, oneOf('ACTION', memberActions));
    if (address === undefined)
      throw new UsageError(`"${call} ${name} ${action}" needs an address, such as 127.0.0.1:8000`);
    return changing(name, what, address);
  },
};

/** `name`: only this one; '' for all. */
function printing(name: string): ControlAction {
  return async ({ chosen, json }) => {
    const { stdout } = process;
    const path = await findGalley(chosen);
    const { status, body } = await askControl(path, 'GET', '/upstreams');
    if (status !== 200 || !Array.isArray(body)) throw new ControlFailure(textOf(path, body));
    const all = body as readonly UpstreamStatus[];
    const meant = all.filter((upstream) => name === '' || upstream.name === name);
    if (name !== '' && meant.length === 0) throw new ControlFailure(`There is no upstream "${name}"`);
    const options = { width: stdout.columns || Number.POSITIVE_INFINITY, color: hasColors(stdout), now: Date.now() };
    if (json) stdout.write(`${JSON.stringify(meant, null, 2)}\n`);
    else stdout.write(meant.length === 0 ? 'There are no upstreams\n' : renderUpstreams(meant, options));
    return 0;
  };
}

function changing(upstream: string, action: MemberAction, address: string): ControlAction {
  return async ({ chosen, weight, backup }) => {
    if (action === 'weight' && weight === undefined) {
      throw new ControlFailure(`Say which weight: --weight NUMBER, from 1 to ${mostWeight}`, 2);
    }
    const more = { ...(weight !== undefined && { weight }), ...(backup && { backup }) };
    const text = await tellControl(await findGalley(chosen), 'POST', `/upstreams/${action}`, {
      upstream,
      address,
      ...more,
    });
    process.stdout.write(`${text}\n`);
    return 0;
  };
}
