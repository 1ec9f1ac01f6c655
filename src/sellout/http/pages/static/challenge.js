// The challenge that a shop may ask for before anybody takes something: a proof of work is computed here.

const AT_ONCE = 512; // digests under way between two looks at the page

/** The headers of a form that takes something: with the answer, where the shop asks for one. */
export async function passed(form, status) {
  if (!("challenge" in form.dataset)) return {};
  form.dataset.challenge ||= await answer(status);
  return { "challenge-response": form.dataset.challenge };
}

async function answer(status) {
  const challenge = await (await fetch("/v1/challenge")).json();
  if (challenge.kind !== "proof-of-work") return "";
  status.textContent = "One moment: your browser shows that it is no robot…";
  const text = new TextEncoder();
  for (let from = 0; ; from += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, place) => `${challenge.token}:${from + place}`);
    const digests = await Promise.all(numbers.map((one) => crypto.subtle.digest("SHA-256", text.encode(one))));
    const found = digests.findIndex((digest) => zeroBits(new Uint8Array(digest)) >= challenge.bits);
    if (found >= 0) return numbers[found];
  }
}

function zeroBits(bytes) {
  let bits = 0;
  for (const byte of bytes) {
    bits += byte ? Math.clz32(byte) - 24 : 8;
    if (byte) break;
  }
  return bits;
}
