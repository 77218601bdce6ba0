import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.clear());
afterAll(() => receiver.close());

async function resourceOf(env: Record<string, string>) {
  const app = runApp({ file: 'naming.mjs', receiver, env });
  await (await fetch(await app.url('/'))).text();
  const { stderr } = await app.stop();
  return { stderr, resource: receiver.spans()[0].resource };
}

describe.skipIf(inMatrix)('OTEL_RESOURCE_ATTRIBUTES', () => {
  it('puts static attributes on the resource of all spans, decoded, and wins over what is detected', async () => {
    const { stderr, resource } = await resourceOf({
      OTEL_RESOURCE_ATTRIBUTES:
        'deployment.environment.name=prod, team=check%2Cout ,host.name=mine,service.name=shop',
    });
    expect({ stderr, resource }).toMatchObject({
      stderr: '',
      resource: {
        'deployment.environment.name': 'prod',
        team: 'check,out',
        'host.name': 'mine',
        'service.name': 'shop',
      },
    });
  });

  it('yields the name to OTEL_SERVICE_NAME', async () => {
    const { resource } = await resourceOf({
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=shop,team=a',
      OTEL_SERVICE_NAME: 'till',
    });
    expect(resource).toMatchObject({ 'service.name': 'till', team: 'a' });
  });

  it('says in one line which entry is none, and the others hold', async () => {
    const text = 'nothing,team=checkout,x=%zz';
    const { stderr, resource } = await resourceOf({ OTEL_RESOURCE_ATTRIBUTES: text });
    expect(stderr).toBe(
      `foretrace: OTEL_RESOURCE_ATTRIBUTES="${text}" has no key=value in entry 1, that part is ignored\n`,
    );
    expect(resource).toMatchObject({ team: 'checkout' });
    expect(Object.keys(resource)).not.toContain('x');
  });
});
