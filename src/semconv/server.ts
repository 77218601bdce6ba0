import { flatCopy } from '../encode/flat-copy.ts';
import { type Block, block } from '../encode/span.ts';
import type { Span } from '../trace/span.ts';
import { PEER_SERVICE, SERVER_ADDRESS, SERVER_PORT, SERVICE_PEER_NAME } from './keys.ts';

const MAX_SERVERS = 500;
/** No name of a host, and no path of a socket, is longer. */
const MAX_ADDRESS = 512;
const servers = new Map<string, Block>();

/** `server.*` of a server, encoded once. */
export function serverBlock(address: string, port: number | undefined): Block {
  if (address.length > MAX_ADDRESS) return block([SERVER_ADDRESS, address, SERVER_PORT, port]);
  const id = `${address} ${port}`;
  let found = servers.get(id);
  if (found === undefined) {
    if (servers.size >= MAX_SERVERS) servers.clear();
    found = block([SERVER_ADDRESS, flatCopy(address), SERVER_PORT, port]);
    servers.set(flatCopy(id), found);
  }
  return found;
}

/** The name that the operator gave to a service, by where it is: `path` is absent for what is not HTTP. */
export type PeerServiceOf = (
  address: string,
  port: number | undefined,
  path: string | undefined,
) => string | undefined;

let peerServiceOf: PeerServiceOf | undefined;
/** Names are those of the configuration: few. */
const peers = new Map<string, Block>();

export function setPeerServices(of: PeerServiceOf | undefined): void {
  peerServiceOf = of;
}

/** Adds the name of the service that a call goes to. */
export function addPeerService(
  span: Span,
  address: string,
  port: number | undefined,
  path: string | undefined,
): void {
  const name = peerServiceOf?.(address, port, path);
  if (name === undefined) return;
  let found = peers.get(name);
  if (found === undefined) peers.set(name, (found = block(peerServicePairs(name))));
  span.addBlock(found);
}

/** The same for attributes that are encoded once for all calls of a client. */
export function peerServiceAt(address: string | undefined, port: number | undefined): unknown[] {
  return peerServiceOf === undefined || address === undefined
    ? []
    : peerServicePairs(peerServiceOf(address, port, undefined));
}

function peerServicePairs(name: string | undefined): unknown[] {
  return [SERVICE_PEER_NAME, name, PEER_SERVICE, name];
}
