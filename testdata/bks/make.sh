#!/bin/sh
# Stores of Bouncy Castle, here and in ../bcfks: ../apm's client key with its chain, the CA's certificate, and two
# secret keys of the octets 0 to 31. Passwords are `secret1` unless the file's name says otherwise; a key's own is
# `another`.
# Made with bcprov 1.72 (Debian's libbcprov-java) on JDK 17.0.15. A second run makes other bytes: salts are random.
set -e
bcprov=${BCPROV:-/usr/share/java/bcprov.jar}
java -Dorg.bouncycastle.bks.enable_v1=true -cp "$bcprov" MakeStores.java ../apm . ../bcfks
