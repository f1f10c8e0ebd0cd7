import type { LimitSettings } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import type { Step } from '../steps.ts';
import { createConnectionLimit } from './connection-limit.ts';
import type { LimitZones } from './limit-zones.ts';
import { createRequestLimit } from './request-limit.ts';

/**
 * The limits of a location, requests before connections as in nginx: one that is delayed is not under way. Throws PlanError for a
 * zone that does not exist.
 */
export function createLimitSteps(settings: LimitSettings, zones: LimitZones, context: CompileContext): readonly Step[] {
  const steps: Step[] = [];
  if (settings.limitRequests.length > 0) steps.push(createRequestLimit(settings, zones, context));
  if (settings.limitConnections.length > 0) steps.push(createConnectionLimit(settings, zones, context));
  return steps;
}
