/** An IPv4 address that a dual-stack socket shows as `::ffff:192.0.2.7`, as itself; any other as it is. */
export function plainAddress<Address extends string | undefined>(address: Address): Address {
  const mapped = address !== undefined && address[0] === ':' && MAPPED.test(address);
  return mapped ? (address.slice(MAPPED_LENGTH) as Address) : address;
}
const MAPPED = /^::ffff:\d+\.\d+\.\d+\.\d+$/i;
const MAPPED_LENGTH = '::ffff:'.length;

/** What is known of a socket's other end. */
export interface RemoteEnd {
  readonly remoteAddress?: string;
  readonly remotePort?: number;
}

/** Where Node keeps the answer of the first question for the other end. */
interface Keeping {
  _peername?: object;
}

/**
 * The other end of a socket, asked so that it leaves no trace: Node keeps the first answer, and an app that asks only when the
 * connection is gone would get an address where it gets none without us.
 */
export function remoteEnd(socket: RemoteEnd & Keeping): RemoteEnd {
  const known = socket._peername;
  const { remoteAddress, remotePort } = socket;
  if (known === undefined && socket._peername !== undefined) {
    // Deleting the property that was added last is cheap.
    delete socket._peername;
    // The socket of an HTTP/2 session is a proxy that can set but not delete.
    if (socket._peername !== undefined) socket._peername = undefined;
  }
  return { remoteAddress: plainAddress(remoteAddress), remotePort };
}
