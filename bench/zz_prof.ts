import { WasmProvider } from "/work/main/bindings/provider.ts";
import { WASM_BASE64 } from "/work/main/bindings/generated/relaxed.ts";
import { generateSessions } from "/work/main/bench/core/generate_sessions.ts";
import * as g from "/work/main/bench/core/generate_sessions.ts";
import { AES_GCM_16, PRF_HMAC_SHA2_256 as prf, TICKET_AES_256_GCM } from "/work/main/src/crypto/registry.ts";
const mod=new WebAssembly.Module(Deno.args[1] ? Deno.readFileSync(Deno.args[1]) : Uint8Array.from(atob(WASM_BASE64), (c) => c.charCodeAt(0)));const imp:any={};for(const i of WebAssembly.Module.imports(mod)){(imp[i.module]??={})[i.name]=()=>0;}const instance=new WebAssembly.Instance(mod,imp);
const e: any = instance.exports;
const t: any = {}; let acc=0;
const w: any = { memory: e.memory, arena: e.arena, wipe: (n:number)=>{const a=performance.now();e.wipe(n);wipeAcc+=performance.now()-a;} };
let wipeAcc=0;
for (const k of Object.keys(e)) if (!["memory","arena","wipe"].includes(k)) w[k] = (a:number,b:number,c:number)=>{const s=performance.now();const r=e[k](a,b,c);acc+=performance.now()-s;return r;};
const p = new WasmProvider(w);
const fn: any = (g as any).generateSessions ?? Object.values(g)[0];
const all = await fn(512, 7); const N=Number(Deno?.args?.[0]??64);
const ss = all.slice(0,N);
const P={encryption:AES_GCM_16,keyLength:32}, NO=new Uint8Array(0);
const km=(s:any)=>s.expected.keyingMaterial;
const ops: any = {
 open:()=>p.openTickets(ss.map((s:any)=>({protection:TICKET_AES_256_GCM,encryptionKey:s.ticketKey,integrityKey:NO,sealed:s.ticket,associatedDataLength:12}))),
 derive:()=>p.deriveAndOpen(ss.map((s:any)=>({derivation:{prf,key:s.expected.ticketState.subarray(s.oldSkDOffset,s.oldSkDOffset+32),data:[LABEL,s.nonces],seed:[s.nonces,s.spis],length:168},protection:P,encryptionKeyOffset:32,integrityKeyOffset:0,sealed:s.request,associatedDataLength:32}))),
 auth:()=>p.authenticate(ss.map((s:any)=>({prf,theirs:{key:km(s).subarray(104,136),realMessage:s.initiatorMessage,peerNonce:s.responderNonce,restOfIdPayload:s.initiatorId},theirAuth:s.expected.requestPlaintext.subarray(s.authOffset,s.authOffset+32),ours:{key:km(s).subarray(136,168),realMessage:s.responderMessage,peerNonce:s.initiatorNonce,restOfIdPayload:s.responderId},expansion:{key:km(s).subarray(0,32),seed:[s.nonces],length:72}}))),
 seal:()=>p.sealWithTicket(ss.map((s:any)=>({ticket:{protection:TICKET_AES_256_GCM,encryptionKey:s.ticketKey,integrityKey:NO,...s.nextTicket},message:{protection:P,encryptionKey:km(s).subarray(68,104),integrityKey:NO,...s.response},ticketOffset:s.ticketOffset}))),
};
const LABEL=new TextEncoder().encode("Resumption");
for(const s of ss as any[]){s.nonces=new Uint8Array([...s.initiatorNonce,...s.responderNonce]);}
const best:any={};
for(let i=0;i<3000;i++){for(const k of Object.keys(ops)){acc=0;wipeAcc=0;const a=performance.now();ops[k]();const d=performance.now()-a;const b=best[k]??=[1e9,1e9,1e9];b[0]=Math.min(b[0],d);b[1]=Math.min(b[1],acc);b[2]=Math.min(b[2],wipeAcc);}}
let tt=0,tw=0;
for(const k of Object.keys(best)){const [a,b,c]=best[k];tt+=a;tw+=b;console.log(k.padEnd(8),(a*1000/N).toFixed(2),"wasm",(b*1000/N).toFixed(2),"wipe",(c*1000/N).toFixed(3));}
console.log("total",(tt*1000/N).toFixed(2),"wasm",(tw*1000/N).toFixed(2));
