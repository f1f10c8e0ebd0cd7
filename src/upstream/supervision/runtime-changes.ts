import { isIPv4, isIPv6 } from 'node:net';
import type { PeerAddress, PeerPlan } from '../../plan/upstream-plan.ts';
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
    // Linux has room for 107 bytes (unix(7)).
    const isPath = path.startsWith('/') && path.length > 1 && !path.includes('\0') && Buffer.byteLength(path) <= 107;
    return isPath ? { kind: 'unix', path } : undefined;
  }
  const match = /^(?:\[([\da-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(text);
  if (!match) return undefined;
  const [, bracketed, plain = '', digits] = match;
  const port = Number(digits);
  const isHost = bracketed === undefined ? isHostName(plain) : isIPv6(bracketed);
  if (port < 1 || port > 65_535 || !isHost) return undefined;
  return { kind: 'tcp', host: (bracketed ?? plain).toLowerCase(), port };
}

/** Of names RFC 1035 §2.3.4 says how long they may be; what looks like an IPv4 address has to be one. */
function isHostName(text: string): boolean {
  if (/(?:^|\.)\d+$/.test(text)) return isIPv4(text);
  return text.length <= 253 && /^(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?$/.test(text);
}

/** What a change names an address or the name of a peer by: {@link addressText}, whatever the case of its host. */
export function changeKey(address: PeerAddress): string {
  return address.kind === 'unix' ? addressText(address) : addressText(address).toLowerCase();
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

  /** What was changed of a member: of all that its peer's name stands for, and of its address alone. */
  of(address: PeerAddress, name: PeerAddress): Override {
    return { ...this.#overrides.get(changeKey(name)), ...this.#overrides.get(changeKey(address)) };
  }

  /** One more peer. What else holds for it is as of the `first` one. */
  add(address: PeerAddress, { weight = 1, isBackup = false }: MemberChange, first: PeerPlan | undefined): void {
    const { maxFails, failTimeoutMs, maxConnections, slowStartMs } = first ?? plainPeer;
    const limits = { maxFails, failTimeoutMs, maxConnections, slowStartMs };
    this.#added = [...this.#added, { ...plainPeer, ...limits, address, weight, isBackup }];
    this.#overrides.delete(changeKey(address));
  }

  /** Changes a member that there is. `addresses`: what it is the name of; the change takes the place of what was said of these. */
  change(address: PeerAddress, change: Override, addresses: readonly PeerAddress[]): void {
    const key = changeKey(address);
    const isAdded = (peer: PeerPlan): boolean => changeKey(peer.address) === key;
    for (const each of addresses) this.#forget(changeKey(each), change);
    if (change.state === 'removed' && this.#added.some(isAdded)) {
      this.#added = this.#added.filter((peer) => !isAdded(peer));
      this.#overrides.delete(key);
    } else {
      this.#overrides.set(key, { ...this.#overrides.get(key), ...change });
    }
  }

  /** What was said of an address, in what a change says. */
  #forget(key: string, { state, weight }: Override): void {
    const own = this.#overrides.get(key);
    if (!own) return;
    const { state: ownState, weight: ownWeight } = own;
    this.#overrides.set(key, {
      ...(ownState !== undefined && state === undefined && { state: ownState }),
      ...(ownWeight !== undefined && weight === undefined && { weight: ownWeight }),
    });
  }
}
