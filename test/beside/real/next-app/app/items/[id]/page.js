export const dynamic = 'force-dynamic';

export default async function Item({ params }) {
  const { id } = await params;
  const answer = await fetch(`${process.env.BACKEND}/of/${id}`, { cache: 'no-store' });
  return <p>{await answer.text()}</p>;
}
