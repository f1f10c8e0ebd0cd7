import { isIPv6 } from 'node:net';
import type { PeerAddress, PeerPlan } from '../../site/plan/upstream-plan.ts';
import { addressText } from '../member.ts';

/** What can be done to a member while Galley runs. */
export const memberActions = ['add', 'drain', 'remove', 'weight', 'up'] as const;

export type MemberAction = (typeof memberActions)[number];

/** A change that somebody wants of an upstream. */
export interface MemberChange {
  readonly action: MemberAction;
  /** `127.0.0.1:80`, `[::1]:80`, `unix:/path` or `name:80`; a name stands for all of its addresses. */
  readonly address: string;
  /** 1 or more; for `add` and `weight`. */
  readonly weight?: number | undefined;
  /** For `add`. */
  readonly isBackup?: boolean | undefined;
}

/** What was changed of a member of the config, or of one that was added. */
export interface Override {
  readonly state?: 'up' | 'draining' | 'removed';
  readonly weight?: number;
}

/** An address as {@link MemberChange} has it; undefined where it is none. */
export function readPeerAddress(text: string): PeerAddress | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice(5);
    return path.startsWith('/') && path.length > 1 ? { kind: 'unix', path } : undefined;
  }
  const match = /^(?:\[([\da-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(text);
  if (!match) return undefined;
  const [, bracketed, plain = '', digits] = match;
  const port = Number(digits);
  if (port < 1 || port > 65_535 || (bracketed !== undefined && !isIPv6(bracketed))) return undefined;
  return { kind: 'tcp', host: bracketed ?? plain, port };
}

const plainPeer: Omit<PeerPlan, 'address'> = {
  weight: 1,
  maxFails: 1, // nginx 1 within 10 s
  failTimeoutMs: 10_000,
  maxConnections: 0,
  isBackup: false,
  isDown: false,
  slowStartMs: 0,
  route: undefined,
  resolves: true,
  service: undefined,
};

/** What was changed of the members of one upstream while Galley runs. A later change of the same takes the place of the one before. */
export class RuntimeChanges {
  #added: readonly PeerPlan[] = [];
  readonly #overrides: Map<string, Override> = new Map();

  /** Peers that the config does not have. */
  get added(): readonly PeerPlan[] {
    return this.#added;
  }

  /** What was changed of a member, by its address or the name of its peer. */
  of(address: string, name: string): Override | undefined {
    return this.#overrides.get(address) ?? this.#overrides.get(name);
  }

  /** One more peer. What else holds for it is as of the `first` one. */
  add(address: PeerAddress, { weight = 1, isBackup = false }: MemberChange, first: PeerPlan | undefined): void {
    const { maxFails, failTimeoutMs, maxConnections, slowStartMs } = first ?? plainPeer;
    const limits = { maxFails, failTimeoutMs, maxConnections, slowStartMs };
    this.#added = [...this.#added, { ...plainPeer, ...limits, address, weight, isBackup }];
    this.#overrides.delete(addressText(address));
  }

  /** Changes a member that there is. */
  change(key: string, change: Override): void {
    const isAdded = (peer: PeerPlan): boolean => addressText(peer.address) === key;
    if (change.state === 'removed' && this.#added.some(isAdded)) {
      this.#added = this.#added.filter((peer) => !isAdded(peer));
      this.#overrides.delete(key);
    } else {
      this.#overrides.set(key, { ...this.#overrides.get(key), ...change });
    }
  }
}
