import { Caches } from '../cache/caches.ts';
import { FetchLocks } from '../cache/fetch-locks.ts';
import { LogFiles } from '../observe/log-files.ts';
import type { LocationPlan, Rule } from '../plan/location-plan.ts';
import type { Settings } from '../plan/settings.ts';
import type { SitePlan } from '../plan/site-plan.ts';
import type { ConnectionZonePlan } from '../plan/zone-plan.ts';
import { compileSite } from '../site/compile/compile-site.ts';
import { PlanError } from '../site/compile-context.ts';
import { FileCache } from '../site/files/file-cache.ts';
import { openZones, zoneBuffers } from '../site/limits/limit-zones.ts';
import { Upstreams } from '../upstream/upstreams.ts';

/** Why front threads could not serve a plan; undefined where they can. Opens nothing: whether logs can be opened shows at the start. */
export function planProblem(plan: SitePlan): string | undefined {
  const now = (): number => 0;
  const silent = (): void => {};
  const log = { error: silent, warn: silent, info: silent, debug: silent };
  // Of zones only the names are asked for.
  const small = <Zone extends ConnectionZonePlan>(zone: Zone): Zone => ({ ...zone, size: smallZone });
  const zones = zoneBuffers(
    { requestZones: plan.requestZones.map(small), connectionZones: plan.connectionZones.map(small) },
    1,
  );
  try {
    compileSite(
      { ...plan, servers: plan.servers.map(withoutLogs) },
      {
        version: '',
        log,
        files: new LogFiles(silent),
        zones: openZones(zones, 0, now),
        cache: new FileCache(),
        caches: new Caches({ front: 0, frontCount: 1, locks: FetchLocks.memory(), log, now, tell: silent }).open(
          plan.caches.map((cache) => ({ ...cache, disk: undefined })),
        ),
        upstreams: new Upstreams({ front: 0, frontCount: 1, now, random: now }),
        connections: { accepted: 0, requests: 0, active: 0, waiting: 0 },
        app: () => {
          throw new Error('Nothing is served');
        },
        now,
      },
    );
    return undefined;
  } catch (error) {
    if (error instanceof PlanError) return error.message;
    throw error;
  }
}

const smallZone = 64 * 1024;

type Level = Pick<LocationPlan, 'rules' | 'locations' | 'settings'>;

function withoutLogs<Plan extends Level>(plan: Plan): Plan {
  return {
    ...plan,
    settings: silenced(plan.settings),
    rules: plan.rules.map(silencedRule),
    locations: plan.locations.map(withoutLogs),
  };
}

function silencedRule(rule: Rule): Rule {
  if (rule.kind !== 'if') return rule;
  return { ...rule, rules: rule.rules.map(silencedRule), settings: rule.settings && silenced(rule.settings) };
}

function silenced(settings: Settings): Settings {
  return { ...settings, accessLogs: [], errorLogs: [] };
}
