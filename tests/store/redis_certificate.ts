/**
 * The certificate of servers that tests start on 127.0.0.1, and its key.
 *
 * @module
 */

/** Signed by itself: nobody's authority. It protects nothing. */
export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7Z2+Ie6eJmkQlvn/
W58bTniqEbvhjcyVYxVUhY9Wst+hRANCAATCSScn4S1+c+jTASp+TEsXmLIPGEFy
EsitrNVlKoBXdBvOkpX6iXeYcl/xn9JWgefncF/sjx8IFXVnvdhJdiKE
-----END PRIVATE KEY-----
`;
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBjzCCATagAwIBAgIUIF3ZVhm/pFB8m2mD1vlLmxcIBVowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEzMDA0MDM1MVoYDzIxMjYxMTA2
MDQwMzUxWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATCSScn4S1+c+jTASp+TEsXmLIPGEFyEsitrNVlKoBXdBvOkpX6iXeY
cl/xn9JWgefncF/sjx8IFXVnvdhJdiKEo2QwYjAdBgNVHQ4EFgQUPvwGtmKv0NTc
GgHE34i7wtEl21kwHwYDVR0jBBgwFoAUPvwGtmKv0NTcGgHE34i7wtEl21kwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0cAMEQC
IE+38I0Ow7sP5eRh+8muaW/by5V8sQvhfWq/Zn55R/dCAiALjxuFvsnkDJov+Pe9
wwyOI5QKg8p45JgBRHOLhJXP2A==
-----END CERTIFICATE-----
`;
