import { flatCopy } from '../encode/flat-copy.ts';
import { type Block, block } from '../encode/span.ts';
import { SERVER_ADDRESS, SERVER_PORT } from './keys.ts';

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
