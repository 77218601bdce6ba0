const base = process.env.STOCK_URL ?? 'http://127.0.0.1:3001';

/** An item of the stock; undefined if there is none. */
export async function findItem(id) {
  const response = await fetch(`${base}/items/${id}`);
  const body = await response.json();
  return response.ok ? body : undefined;
}

export async function reserve(id, quantity) {
  const response = await fetch(`${base}/items/${id}/reservations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ quantity }),
  });
  if (!response.ok) throw new Error(`could not reserve ${quantity} of ${id}`);
}

/** Where in the warehouse an item lies. */
export async function locate(id) {
  const response = await fetch(`${base}/items/${id}/location`);
  return response.json();
}
