// Next.js takes ioredis into its bundle.
import Redis from 'ioredis';

export async function GET(_, { params }) {
  const { id } = await params;
  const redis = new Redis({ lazyConnect: true });
  redis.disconnect();
  return Response.json({ id, status: redis.status });
}
