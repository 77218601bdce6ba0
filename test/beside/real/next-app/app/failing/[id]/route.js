export async function GET() {
  throw new RangeError('too far');
}
