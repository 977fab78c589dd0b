# shellcheck shell=bash
# The cluster's certificates, with the layout of kubeadm's.

CERTIFICATE_DAYS=365

# certificates_create FOLDER: all but those of the nodes.
certificates_create() {
  PKI=$1
  mkdir -m 700 "$PKI"
  # openssl then adds only the extensions named below.
  printf '[req]\ndistinguished_name = name\n[name]\n' >"$PKI/openssl.cnf"
  authority_create ca kubernetes
  authority_create front-proxy-ca front-proxy-ca
  certificate_create apiserver ca /CN=kube-apiserver serverAuth \
    "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,DNS:localhost,IP:127.0.0.1,IP:10.96.0.1,IP:$CONTROL_PLANE_ADDRESS"
  certificate_create apiserver-kubelet-client ca /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth
  certificate_create front-proxy-client front-proxy-ca /CN=front-proxy-client clientAuth
  certificate_create admin ca /O=system:masters/CN=kubernetes-admin clientAuth
  certificate_create controller-manager ca /CN=system:kube-controller-manager clientAuth
  certificate_create scheduler ca /CN=system:kube-scheduler clientAuth
  certificate_create proxy ca /CN=system:kube-proxy clientAuth
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$PKI/service-accounts.key" 2>/dev/null
  openssl pkey -in "$PKI/service-accounts.key" -pubout -out "$PKI/service-accounts.pub"
}

# authority_create NAME COMMON_NAME
authority_create() {
  openssl req -x509 -config "$PKI/openssl.cnf" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days "$CERTIFICATE_DAYS" \
    -keyout "$PKI/$1.key" -out "$PKI/$1.crt" -subj "/CN=$2" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign \
    -addext subjectKeyIdentifier=hash 2>/dev/null
}

# certificate_create NAME AUTHORITY SUBJECT USAGE [ALTERNATIVE_NAMES]
certificate_create() {
  local extensions=(-addext "basicConstraints=critical,CA:FALSE" -addext "keyUsage=critical,digitalSignature,keyEncipherment"
    -addext "extendedKeyUsage=$4" -addext "authorityKeyIdentifier=keyid")
  [[ -z ${5:-} ]] || extensions+=(-addext "subjectAltName=$5")
  openssl req -x509 -config "$PKI/openssl.cnf" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days "$CERTIFICATE_DAYS" \
    -CA "$PKI/$2.crt" -CAkey "$PKI/$2.key" -keyout "$PKI/$1.key" -out "$PKI/$1.crt" -subj "$3" "${extensions[@]}" 2>/dev/null
}

# certificate_create_expired NAME AUTHORITY SUBJECT USAGE ALTERNATIVE_NAMES: valid on a day in the past, which only
# `openssl ca` can do.
certificate_create_expired() {
  cat >"$PKI/expired.cnf" <<END
[ca]
default_ca = expired
[expired]
database = $PKI/index.txt
new_certs_dir = $PKI
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
x509_extensions = extensions
[any]
organizationName = optional
commonName = supplied
[extensions]
extendedKeyUsage = $4
subjectAltName = $5
END
  : >"$PKI/index.txt"
  openssl req -new -config "$PKI/openssl.cnf" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
    -keyout "$PKI/$1.key" -out "$PKI/$1.csr" -subj "$3" 2>/dev/null
  openssl ca -config "$PKI/expired.cnf" -batch -notext -cert "$PKI/$2.crt" -keyfile "$PKI/$2.key" \
    -in "$PKI/$1.csr" -out "$PKI/$1.crt" -startdate 20200101000000Z -enddate 20200102000000Z 2>/dev/null
}

# kubeconfig_create CERTIFICATE FILE
kubeconfig_create() {
  local temporary=$2.$$
  (
    umask 077
    cat >"$temporary" <<END
apiVersion: v1
kind: Config
current-context: local
contexts:
  - name: local
    context: {cluster: local, user: $1}
clusters:
  - name: local
    cluster:
      server: https://$CONTROL_PLANE_ADDRESS:6443
      certificate-authority-data: $(base64 --wrap=0 "$PKI/ca.crt")
users:
  - name: $1
    user:
      client-certificate-data: $(base64 --wrap=0 "$PKI/$1.crt")
      client-key-data: $(base64 --wrap=0 "$PKI/$1.key")
END
  )
  mv "$temporary" "$2"
}
