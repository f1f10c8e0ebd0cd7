import { type MemberAction, memberActions } from '../../upstream/supervision/runtime-changes.ts';
import { type ControlAnswer, type ControlBody, type Route, refused } from './control-answer.ts';
import type { ControlTarget } from './control-target.ts';

/** The largest weight; nginx has no limit. */
export const mostWeight = 65_535;

/** What the control socket tells and changes of upstreams. */
export const upstreamRoutes: Readonly<Record<string, Route>> = {
  '/upstreams': { method: 'GET', answer: (target) => ({ status: 200, body: target.upstreams() }) },
  ...Object.fromEntries(memberActions.map((action) => [`/upstreams/${action}`, changing(action)])),
};

const weights = `weights from 1 to ${mostWeight}`;

/** What an action takes beside. */
const more: Readonly<Partial<Record<MemberAction, string>>> = {
  add: `, "weight"?: NUMBER, "backup"?: true}, ${weights}`,
  weight: `, "weight": NUMBER}, ${weights}`,
};

function changing(action: MemberAction): Route {
  return { method: 'POST', changes: true, answer: (target, body) => change(target, action, body) };
}

function change(target: ControlTarget, action: MemberAction, body: ControlBody): ControlAnswer {
  const { upstream, address, weight, backup } = body;
  const isWeightFit = isWeight(weight) || (weight === undefined && action !== 'weight');
  const isBackupFit = backup === undefined || typeof backup === 'boolean';
  if (typeof upstream !== 'string' || typeof address !== 'string' || !isWeightFit || !isBackupFit) {
    return refused(400, `/upstreams/${action} takes {"upstream": NAME, "address": ADDRESS${more[action] ?? '}'}`);
  }
  const outcome = target.changeUpstream(upstream, {
    action,
    address,
    isBackup: backup,
    ...(isWeight(weight) && { weight }),
  });
  if (outcome) return { status: outcome.ok ? 200 : 409, body: outcome };
  const names = target.upstreams().map(({ name }) => name);
  const which = names.length === 0 ? 'there is none' : `there is ${names.join(', ')}`;
  return refused(404, `There is no upstream "${upstream}": ${which}`);
}

function isWeight(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= mostWeight;
}
