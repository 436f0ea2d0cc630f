/**
 * Program: sends one UDP datagram. Arguments: address, port, octets in hexadecimal.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";
import process from "node:process";

const [address, port, octets] = process.argv.slice(2);
const socket = createSocket("udp4");
socket.send(Buffer.from(octets, "hex"), Number(port), address, () => {
  console.log(JSON.stringify({ type: "sent" }));
  socket.close();
});
