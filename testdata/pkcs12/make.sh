#!/bin/sh
# Stores of ../apm/client.key, its certificate and the CA's; all passwords are `secret1` unless said otherwise.
# Made with OpenSSL 3.0.19 and keytool of JDK 17.0.15; KEYTOOL8 and KEYTOOL28 are keytool of 8u504 and 28-ea+18.
# A second run makes other bytes: salts are random.
set -e
apm=../apm
export_() { openssl pkcs12 -export -inkey $apm/client.key -in $apm/client.crt -certfile $apm/ca.crt -name client "$@"; }
with() { export_ -passout pass:secret1 "$@"; }

with -out openssl.p12
with -legacy -out openssl-legacy.p12
# The key is in the clear (a keyBag), and so is all else; there is no MAC.
with -keypbe NONE -certpbe NONE -nomac -out openssl-clear.p12
with -certpbe AES-128-CBC -keypbe PBE-SHA1-2DES -macalg SHA512 -iter 3 -out openssl-mixed.p12
export_ -passout pass: -out openssl-empty-password.p12
export_ -passout pass:grün -out openssl-utf8-password.p12
# The contents and the key under `secret1`, the MAC under `secret2`: OpenSSL asks for these at a terminal only.
python3 - $apm <<'TERMINAL'
import os, pty, sys
command = "openssl pkcs12 -export -twopass -name client -out openssl-two-passwords.p12 -inkey {0}/client.key -in {0}/client.crt"
answers = {b"MAC": b"secret2\n", b"Export": b"secret1\n"}
pid, terminal = pty.fork()
if pid == 0:
    os.execvp("openssl", command.format(sys.argv[1]).split())
kind = None
while True:
    try:
        said = os.read(terminal, 1024)
    except OSError:
        break
    kind = next((kind for kind in answers if kind in said), kind)
    if said.rstrip().endswith(b":"):
        os.write(terminal, answers[kind])
os.waitpid(pid, 0)
TERMINAL

# A key and a trusted certificate, by keytool.
trust() { "$@" -importcert -noprompt -alias ca -file $apm/ca.crt -storetype PKCS12 -storepass secret1; }
import() { "$@" -importkeystore -noprompt -srckeystore openssl.p12 -srcstorepass secret1 -deststoretype PKCS12 -deststorepass secret1; }
rm -f keytool*.p12
import keytool -destkeystore keytool17.p12
trust keytool -keystore keytool17.p12
trust keytool -J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE -keystore keytool17-trust.p12
import "${KEYTOOL8:-keytool8}" -destkeystore keytool8.p12
import "${KEYTOOL28:-keytool28}" -destkeystore keytool28.p12
