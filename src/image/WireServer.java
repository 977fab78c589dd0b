import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import jdk.internal.net.http.hpack.Decoder;

/**
 * HTTP/2 over TLS, as API servers speak it and the JDK's own server does not, and WebSockets for
 * watches; as little of both as one well-behaved client needs. The client grants windows that a
 * training run never fills, so there is no flow control towards it.
 */
final class WireServer {

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;

  private static final int ACK = 1;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;
  private static final int PRIORITY = 0x20;

  private static final int MAX_FRAME = 16_384;

  private final SSLServerSocket listener;
  private final Handler handler;

  /** Answers a request, at once or bit by bit. */
  interface Handler {
    void handle(Request request, Response response) throws IOException;
  }

  /** A request; {@code target} is path and query. */
  record Request(String method, String target, Map<String, String> headers, byte[] body) {}

  /** Where the answer goes. */
  interface Response {
    void start(int status, String type);

    /** Fails when the client has gone. */
    void write(byte[] bytes);

    void end();
  }

  /** A server on a port of its choice on the loopback interface. */
  WireServer(SSLContext tls, Handler handler) throws IOException {
    this.handler = handler;
    listener =
        (SSLServerSocket)
            tls.getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    var parameters = listener.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
    // An API server would take a certificate, too.
    parameters.setWantClientAuth(true);
    listener.setSSLParameters(parameters);
    Thread.ofPlatform().daemon().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        var socket = (SSLSocket) listener.accept();
        Thread.ofPlatform().daemon().start(() -> serve(socket));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void serve(SSLSocket socket) {
    try (socket) {
      socket.startHandshake();
      if (socket.getApplicationProtocol().equals("h2")) {
        new Connection(socket).serve();
      } else {
        new WebSocket(socket).serve();
      }
    } catch (IOException e) {
      // The client has closed the connection, or the training is over.
    }
  }

  private final class Connection {

    private final SSLSocket socket;
    private final Map<Integer, Stream> streams = new ConcurrentHashMap<>();
    private final Decoder headers = new Decoder(4096);

    private Connection(SSLSocket socket) {
      this.socket = socket;
    }

    private void serve() throws IOException {
      var in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      in.skipNBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length());
      send(SETTINGS, 0, 0, new byte[0]);
      try {
        while (true) {
          var length = in.readUnsignedShort() << 8 | in.readUnsignedByte();
          var type = in.readUnsignedByte();
          var flags = in.readUnsignedByte();
          receive(type, flags, in.readInt() & Integer.MAX_VALUE, in.readNBytes(length));
        }
      } finally {
        streams.clear();
      }
    }

    private void receive(int type, int flags, int id, byte[] payload) throws IOException {
      switch (type) {
        case HEADERS, CONTINUATION -> {
          var stream = streams.computeIfAbsent(id, i -> new Stream(this, i));
          stream.ended |= type == HEADERS && (flags & END_STREAM) != 0;
          headers.decode(
              type == HEADERS ? fragment(flags, payload) : ByteBuffer.wrap(payload),
              (flags & END_HEADERS) != 0,
              (name, value) -> stream.headers.put(name.toString(), value.toString()));
          if (stream.ended && (flags & END_HEADERS) != 0) {
            stream.answer();
          }
        }
        case DATA -> {
          var stream = streams.get(id);
          stream.body.write(payload);
          if (payload.length > 0) {
            var increment = ByteBuffer.allocate(4).putInt(payload.length).array();
            send(WINDOW_UPDATE, 0, 0, increment);
            send(WINDOW_UPDATE, 0, id, increment);
          }
          if ((flags & END_STREAM) != 0) {
            stream.answer();
          }
        }
        case RST_STREAM -> streams.remove(id);
        case SETTINGS, PING -> {
          if ((flags & ACK) == 0) {
            send(type, ACK, 0, type == PING ? payload : new byte[0]);
          }
        }
        default -> {}
      }
    }

    private static ByteBuffer fragment(int flags, byte[] payload) {
      var padded = (flags & PADDED) != 0;
      var start = (padded ? 1 : 0) + ((flags & PRIORITY) != 0 ? 5 : 0);
      return ByteBuffer.wrap(payload, start, payload.length - start - (padded ? payload[0] : 0));
    }

    private synchronized void send(int type, int flags, int id, byte[] payload) {
      var frame = ByteBuffer.allocate(9 + payload.length);
      frame.putShort((short) (payload.length >> 8)).put((byte) payload.length);
      frame.put((byte) type).put((byte) flags).putInt(id).put(payload);
      try {
        socket.getOutputStream().write(frame.array());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private final class Stream implements Response {

    private final Connection connection;
    private final int id;
    private final Map<String, String> headers = new HashMap<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private boolean ended;

    private Stream(Connection connection, int id) {
      this.connection = connection;
      this.id = id;
    }

    private void answer() {
      Thread.ofVirtual()
          .start(() -> {
            try {
              handler.handle(
                  new Request(
                      headers.get(":method"), headers.get(":path"), headers, body.toByteArray()),
                  this);
            } catch (IOException | RuntimeException e) {
              System.err.println(headers.get(":path") + ": " + e);
            }
          });
    }

    /** The header names by their numbers in HPACK's table, the values plain. */
    @Override
    public void start(int status, String type) {
      var block = ByteBuffer.allocate(64).put((byte) 0x08).put((byte) 3);
      block.put(Integer.toString(status).getBytes(StandardCharsets.US_ASCII));
      block.put((byte) 0x0f).put((byte) 16).put((byte) type.length());
      block.put(type.getBytes(StandardCharsets.US_ASCII));
      var bytes = new byte[block.flip().remaining()];
      block.get(bytes);
      connection.send(HEADERS, END_HEADERS, id, bytes);
    }

    @Override
    public void write(byte[] bytes) {
      if (!connection.streams.containsKey(id)) {
        throw new UncheckedIOException(new IOException("the client has gone"));
      }
      for (var buffer = ByteBuffer.wrap(bytes); buffer.hasRemaining(); ) {
        var part = new byte[Math.min(buffer.remaining(), MAX_FRAME)];
        buffer.get(part);
        connection.send(DATA, 0, id, part);
      }
    }

    @Override
    public void end() {
      connection.send(DATA, END_STREAM, id, new byte[0]);
      connection.streams.remove(id);
    }
  }

  /** One watch: each write is a message. */
  private final class WebSocket implements Response {

    private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private final SSLSocket socket;

    private WebSocket(SSLSocket socket) {
      this.socket = socket;
    }

    private void serve() throws IOException {
      var in = socket.getInputStream();
      var lines = head(in).split("\r\n");
      var headers = new HashMap<String, String>();
      for (var line : lines) {
        var field = line.split(": ", 2);
        headers.put(field[0].toLowerCase(Locale.ROOT), field[field.length - 1]);
      }
      socket
          .getOutputStream()
          .write(
              """
              HTTP/1.1 101 Switching Protocols\r
              Upgrade: websocket\r
              Connection: Upgrade\r
              Sec-WebSocket-Accept: %s\r
              \r
              """
                  .formatted(accept(headers.get("sec-websocket-key")))
                  .getBytes(StandardCharsets.US_ASCII));
      handler.handle(new Request("GET", lines[0].split(" ")[1], headers, new byte[0]), this);
      // What the client says is of no interest.
      in.transferTo(OutputStream.nullOutputStream());
    }

    private static String head(InputStream in) throws IOException {
      var head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        var next = in.read();
        if (next < 0) {
          throw new EOFException();
        }
        head.append((char) next);
      }
      return head.toString();
    }

    private static String accept(String key) {
      try {
        var digest = MessageDigest.getInstance("SHA-1");
        var bytes = digest.digest((key + MAGIC).getBytes(StandardCharsets.US_ASCII));
        return Base64.getEncoder().encodeToString(bytes);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void start(int status, String type) {}

    @Override
    public synchronized void write(byte[] bytes) {
      var frame = ByteBuffer.allocate(4 + bytes.length).put((byte) 0x81);
      if (bytes.length < 126) {
        frame.put((byte) bytes.length);
      } else {
        frame.put((byte) 126).putShort((short) bytes.length);
      }
      try {
        socket.getOutputStream().write(frame.put(bytes).array(), 0, frame.position());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public synchronized void end() {
      try {
        socket.getOutputStream().write(new byte[] {(byte) 0x88, 2, 3, (byte) 0xe8});
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
