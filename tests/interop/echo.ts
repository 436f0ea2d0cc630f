/**
 * Program: a UDP listener that reports each datagram as a JSON line and sends it back in upper case. It stands behind charon's
 * tunnel. Arguments: address, port.
 *
 * @module
 */
import { createSocket } from "node:dgram";
import process from "node:process";

const [address, port] = process.argv.slice(2);
const socket = createSocket("udp4");
socket.on("message", (octets, from) => {
  const text = new TextDecoder().decode(octets);
  console.log(JSON.stringify({ type: "received", text, address: from.address, port: from.port }));
  socket.send(text.toUpperCase(), from.port, from.address);
});
socket.bind(Number(port), address, () => console.log(JSON.stringify({ type: "ready" })));
