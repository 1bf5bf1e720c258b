#!/bin/sh
# Private keys without their public halves (NAME.key, PKCS#8) and the public keys OpenSSL makes of them (NAME.pub):
# every curve over a prime field that OpenSSL and the JDK both know, DSA, and the curves of RFC 7748 and RFC 8032.
# Made with OpenSSL 3.0.19.
set -eu
cd "$(dirname "$0")"
rm -f -- *.key *.pub
for curve in secp112r1 secp112r2 secp128r1 secp128r2 secp160k1 secp160r1 secp160r2 secp192k1 prime192v1 secp224k1 \
  secp224r1 secp256k1 prime256v1 secp384r1 secp521r1 prime192v2 prime192v3 prime239v1 prime239v2 prime239v3 \
  brainpoolP160r1 brainpoolP192r1 brainpoolP224r1 brainpoolP256r1 brainpoolP320r1 brainpoolP384r1 brainpoolP512r1; do
  openssl ecparam -name $curve -genkey -noout -out whole.pem
  openssl pkey -in whole.pem -pubout -out $curve.pub
  openssl ec -in whole.pem -no_public 2>/dev/null | openssl pkcs8 -topk8 -nocrypt -out $curve.key
done
openssl dsaparam -out whole.pem 2048 2>/dev/null
openssl gendsa whole.pem 2>/dev/null | openssl pkcs8 -topk8 -nocrypt -out dsa.key
openssl pkey -in dsa.key -pubout -out dsa.pub
for kind in ed25519 ed448 x25519 x448; do
  openssl genpkey -algorithm $kind -out $kind.key
  openssl pkey -in $kind.key -pubout -out $kind.pub
done
rm whole.pem
