import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;

/**
 * Keys of unique indexes. The store's default compares two keys by serializing both, at every step of a search.
 * Any total order will do, as long as two keys are the same exactly when their types and values are.
 */
final class KeyType extends BasicDataType<KeyValue> {
  private static final byte MISSING = 0x3f; // no BSON type

  @Override
  public int compare(KeyValue a, KeyValue b) {
    int order = Integer.compare(a.size(), b.size());
    for (int i = 0; order == 0 && i < a.size(); i++) {
      order = compareValues(a.get(i), b.get(i));
    }
    return order;
  }

  private static int compareValues(Object a, Object b) {
    if (a instanceof String left && b instanceof String right) {
      return left.compareTo(right);
    }
    if (a instanceof Double left && b instanceof Double right) {
      return left.compareTo(right);
    }
    int order = Byte.compare(typeOf(a), typeOf(b));
    return order != 0 ? order : ByteBufUtil.compare(encoded(a), encoded(b));
  }

  private static byte typeOf(Object value) {
    return value instanceof Missing ? MISSING : BsonEncoder.determineType(value);
  }

  private static ByteBuf encoded(Object value) {
    ByteBuf bytes = Unpooled.buffer(32);
    if (!(value instanceof Missing)) {
      BsonEncoder.encodeValue(typeOf(value), value, bytes);
    }
    return bytes;
  }

  @Override
  public void write(WriteBuffer buffer, KeyValue key) {
    buffer.putVarInt(key.size());
    for (Object value : key) {
      ByteBuf bytes = encoded(value);
      buffer.put(typeOf(value)).put(bytes.array(), bytes.arrayOffset(), bytes.readableBytes());
    }
  }

  @Override
  public KeyValue read(ByteBuffer buffer) {
    int size = DataUtils.readVarInt(buffer);
    List<Object> values = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      byte type = buffer.get();
      ByteBuf bytes = Unpooled.wrappedBuffer(buffer);
      values.add(type == MISSING ? Missing.getInstance() : BsonDecoder.decodeValue(type, bytes));
      buffer.position(buffer.position() + bytes.readerIndex());
    }
    return new KeyValue(values);
  }

  @Override
  public KeyValue[] createStorage(int size) {
    return new KeyValue[size];
  }

  @Override
  public int getMemory(KeyValue key) {
    int memory = 0;
    for (Object value : key) {
      memory += DocumentType.memoryOf(value);
    }
    return memory;
  }
}
