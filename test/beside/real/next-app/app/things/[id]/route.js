export async function GET(_, { params }) {
  const { id } = await params;
  const answer = await fetch(`${process.env.BACKEND}/of/${id}`, { cache: 'no-store' });
  return Response.json({ id, answer: await answer.text() });
}
