#!/usr/bin/env bash
# Makes signatures.pem: for each kind of key and signature a line with its name, a server's certificate and the root
# that signed it. OpenSSL 3.0.19. Valid for a hundred years. A second run makes other bytes.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
rm -f signatures.pem
trap 'rm -rf "$work"' EXIT
days=36500

openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/leaf-rsa.key"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/leaf-ec.key"
cat >"$work/ext" <<'EXT'
subjectAltName=DNS:localhost
keyUsage=digitalSignature
EXT

# NAME, the root's key, the leaf's key, then options of both signatures
pair() {
  local name=$1 root=$2 leaf=$3
  shift 3
  openssl req -x509 -key "$root" -subj "/CN=$name root" -days $days "$@" -addext keyUsage=critical,keyCertSign \
    -out "$work/root.pem"
  openssl req -new -key "$leaf" -subj "/CN=$name" -out "$work/csr"
  openssl x509 -req -in "$work/csr" -CA "$work/root.pem" -CAkey "$root" -set_serial 2 -days $days \
    -extfile "$work/ext" "$@" -out "$work/leaf.pem"
  { echo "$name"; cat "$work/leaf.pem" "$work/root.pem"; } >>signatures.pem
}

openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/rsa.key"
for digest in md5 sha1 sha224 sha256 sha384 sha512 sha512-224 sha512-256 sha3-224 sha3-256 sha3-384 sha3-512; do
  pair "rsa-$digest" "$work/rsa.key" "$work/leaf-rsa.key" -$digest
done
for bits in 512 768 1023 1024 1536 3072 4096; do
  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:$bits -out "$work/$bits.key"
  pair "rsa-root-$bits" "$work/$bits.key" "$work/leaf-ec.key" -sha256
  pair "rsa-leaf-$bits" "$work/rsa.key" "$work/$bits.key" -sha256
done
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3 -out "$work/e3.key"
pair rsa-exponent-3 "$work/e3.key" "$work/leaf-ec.key" -sha256
for digest in sha1 sha256 sha384 sha512; do
  pair "pss-$digest" "$work/rsa.key" "$work/leaf-ec.key" -$digest -sigopt rsa_padding_mode:pss
done
pair pss-salt-20 "$work/rsa.key" "$work/leaf-ec.key" -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20
pair pss-mgf-sha1 "$work/rsa.key" "$work/leaf-ec.key" -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_mgf1_md:sha1
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out "$work/pss.key"
pair pss-key "$work/pss.key" "$work/pss.key" -sha256
for curve in prime256v1 secp384r1 secp521r1 secp256k1 secp224r1 prime192v1 brainpoolP256r1 brainpoolP384r1 sect233r1 \
  sect283k1 prime239v1; do
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$curve -pkeyopt ec_param_enc:named_curve -out "$work/$curve.key"
  pair "ec-root-$curve" "$work/$curve.key" "$work/leaf-rsa.key" -sha256
  pair "ec-leaf-$curve" "$work/rsa.key" "$work/$curve.key" -sha256
done
for digest in sha1 sha224 sha384 sha512 sha3-256; do
  pair "ecdsa-p256-$digest" "$work/prime256v1.key" "$work/leaf-ec.key" -$digest
  pair "ecdsa-p384-$digest" "$work/secp384r1.key" "$work/leaf-ec.key" -$digest
done
pair ecdsa-p521-sha224 "$work/secp521r1.key" "$work/leaf-ec.key" -sha224
for algorithm in ed25519 ed448; do
  openssl genpkey -algorithm $algorithm -out "$work/$algorithm.key"
  pair "$algorithm" "$work/$algorithm.key" "$work/$algorithm.key"
done
for bits in 1024 2048 3072; do
  openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:$bits -out "$work/dsa.pem"
  openssl genpkey -paramfile "$work/dsa.pem" -out "$work/dsa.key"
  pair "dsa-$bits" "$work/dsa.key" "$work/leaf-ec.key" -sha256
done
pair dsa-sha1 "$work/dsa.key" "$work/leaf-ec.key" -sha1
pair dsa-sha384 "$work/dsa.key" "$work/leaf-ec.key" -sha384
pair dsa-leaf "$work/rsa.key" "$work/dsa.key" -sha256
