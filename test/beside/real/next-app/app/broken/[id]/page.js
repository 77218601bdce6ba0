export const dynamic = 'force-dynamic';

export default async function Broken({ params }) {
  const { id } = await params;
  throw new TypeError(`nothing in ${id.length}`);
}
