export async function getServerSideProps({ params }) {
  const answer = await fetch(`${process.env.BACKEND}/of/${params.id}`);
  return { props: { text: await answer.text() } };
}

export default function Old({ text }) {
  return <p>{text}</p>;
}
