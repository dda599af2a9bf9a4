import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Map;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;

/** Documents as BSON in the file: Java's own serialization, the store's default, takes most of the time of a write. */
final class DocumentType extends BasicDataType<Document> {
  private static final int OBJECT_BYTES = 64;

  @Override
  public void write(WriteBuffer buffer, Document document) {
    ByteBuf bson = Unpooled.buffer(512);
    BsonEncoder.encodeDocument(document, bson);
    buffer.put(bson.array(), bson.arrayOffset(), bson.readableBytes());
  }

  @Override
  public Document read(ByteBuffer buffer) {
    ByteBuf bson = Unpooled.wrappedBuffer(buffer);
    Document document = BsonDecoder.decodeBson(bson);
    buffer.position(buffer.position() + bson.readerIndex());
    return document;
  }

  @Override
  public Document[] createStorage(int size) {
    return new Document[size];
  }

  @Override
  public int getMemory(Document document) {
    return memoryOf(document);
  }

  static int memoryOf(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream().mapToInt(e -> OBJECT_BYTES + memoryOf(e.getKey()) + memoryOf(e.getValue())).sum();
    }
    if (value instanceof Collection<?> list) {
      return list.stream().mapToInt(DocumentType::memoryOf).sum() + OBJECT_BYTES;
    }
    return value instanceof String text ? OBJECT_BYTES + text.length() : OBJECT_BYTES / 2;
  }
}
