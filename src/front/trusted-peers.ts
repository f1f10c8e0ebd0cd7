import { BlockList, isIP } from 'node:net';

/** An entry of a list of trusted peers that cannot be understood; the message names it. */
export class InvalidTrustedPeer extends Error {}

/** The peers that are believed when they tell of their clients. */
export class TrustedPeers {
  /** The list that was read. */
  readonly list: string;
  readonly #addresses: BlockList = new BlockList();
  #everyone = false;
  #unix = false;

  /** Reads IP addresses, networks in CIDR notation, `unix:` and `*`, separated by commas. Throws {@link InvalidTrustedPeer}. */
  constructor(list: string) {
    this.list = list;
    for (const entry of list.split(',')) this.#add(entry.trim());
  }

  /** Whether those who connect to a Unix socket are trusted. */
  get includesUnix(): boolean {
    return this.#unix || this.#everyone;
  }

  /** Whether the peer with this address is trusted; undefined where the text is no IP address. */
  includes(address: string): boolean | undefined {
    const [withoutZone = ''] = address.split('%', 1);
    const family = familyOf(withoutZone);
    if (!family) return undefined;
    return this.#everyone || this.#addresses.check(withoutZone, family.name);
  }

  #add(entry: string): void {
    switch (entry) {
      case '':
        return;
      case '*':
        this.#everyone = true;
        return;
      case 'unix:':
        this.#unix = true;
        return;
    }
    const [, address = '', digits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
    const family = familyOf(address);
    const prefix = Number(digits ?? family?.bits);
    if (!family || prefix > family.bits) {
      throw new InvalidTrustedPeer(`"${entry}" is neither an IP address, a network such as 10.0.0.0/8, unix: nor *`);
    }
    this.#addresses.addSubnet(address, prefix, family.name);
  }
}

function familyOf(address: string): { readonly name: 'ipv4' | 'ipv6'; readonly bits: number } | undefined {
  switch (isIP(address)) {
    case 4:
      return { name: 'ipv4', bits: 32 };
    case 6:
      return { name: 'ipv6', bits: 128 };
    default:
      return undefined;
  }
}
