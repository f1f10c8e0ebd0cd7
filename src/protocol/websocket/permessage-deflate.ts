import type { ExtensionOffer } from './extensions.ts';

/** What a server agrees to of permessage-deflate (RFC 7692 §7). */
export interface DeflateAgreement {
  /** The largest window that our compressor may use, as a power of two: 9 to 15. The peer's may always have 15. */
  readonly windowBits: number;
  /** The Sec-WebSocket-Extensions value of the answer. */
  readonly answer: string;
}

// Without context takeover no idle connection holds a compressor's memory, and none carries secrets over to the next message.
const baseAnswer = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';

/** Agrees to the first offer of permessage-deflate that can be met (RFC 7692 §5); undefined where there is none. */
export function agreeOnDeflate(offers: readonly ExtensionOffer[]): DeflateAgreement | undefined {
  for (const offer of offers) {
    const agreement = offer.name === 'permessage-deflate' ? agreementTo(offer) : undefined;
    if (agreement) return agreement;
  }
  return undefined;
}

function agreementTo({ parameters }: ExtensionOffer): DeflateAgreement | undefined {
  const values = new Map(parameters);
  if (values.size !== parameters.length) return undefined;
  for (const [name, value] of values) if (!isParameter(name, value)) return undefined;
  // A client that offers client_max_window_bits keeps to it unasked, and our inflater takes any window (§7.1.2.2).
  const windowBits = values.get('server_max_window_bits');
  if (windowBits === undefined) return { windowBits: 15, answer: baseAnswer };
  // zlib has no raw compressor with a window that small.
  if (windowBits === '8') return undefined;
  return { windowBits: Number(windowBits), answer: `${baseAnswer}; server_max_window_bits=${windowBits}` };
}

/** Whether an offer may have this parameter (RFC 7692 §7.1); an offer with any other must be declined. */
function isParameter(name: string, value: string | undefined): boolean {
  switch (name) {
    case 'server_no_context_takeover':
    case 'client_no_context_takeover':
      return value === undefined;
    case 'server_max_window_bits':
      return value !== undefined && isWindowBits(value);
    case 'client_max_window_bits':
      return value === undefined || isWindowBits(value);
    default:
      return false;
  }
}

function isWindowBits(value: string): boolean {
  return /^(?:[89]|1[0-5])$/.test(value);
}
