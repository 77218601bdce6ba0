export default async function handler(req, res) {
  const answer = await fetch(`${process.env.BACKEND}/of/${req.query.id}`);
  res.status(200).json({ answer: await answer.text() });
}
