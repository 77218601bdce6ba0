import { connect } from 'node:net';

/** Stores a value that the tests look for, in the protocol's own words. */
export function seedMemcached({ hostname, port }: URL, key: string, value: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port || 11_211), hostname, () => {
      socket.write(`set ${key} 0 600 ${value.length}\r\n${value}\r\n`);
    });
    socket.once('error', reject).once('data', (answer) => {
      socket.destroy();
      if (String(answer).startsWith('STORED')) resolve();
      else reject(new Error(String(answer)));
    });
  });
}
