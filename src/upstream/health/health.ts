import type { HealthCheckPlan } from '../../plan/upstream-plan.ts';

/** What checks have shown of a member; `checking`: nothing yet, and it gets no requests until they have. */
export interface Health {
  readonly state: 'checking' | 'healthy' | 'unhealthy';
  /** Results in a row that speak against `state`. */
  readonly against: number;
}

/** The health of a member that was never checked. */
export function newHealth({ isMandatory }: HealthCheckPlan): Health {
  return { state: isMandatory ? 'checking' : 'healthy', against: 0 };
}

/** Its health after one more check. One that nothing was known of is healthy when it has passed once. */
export function afterCheck(
  { state, against }: Health,
  hasPassed: boolean,
  { fails, passes }: Pick<HealthCheckPlan, 'fails' | 'passes'>,
): Health {
  if (state === 'checking' && hasPassed) return { state: 'healthy', against: 0 };
  const isAgainst = hasPassed === (state === 'unhealthy');
  if (!isAgainst) return { state, against: 0 };
  if (against + 1 < (hasPassed ? passes : fails)) return { state, against: against + 1 };
  return { state: hasPassed ? 'healthy' : 'unhealthy', against: 0 };
}
