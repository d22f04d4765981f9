using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Pilotlight.Storage.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class FirstToken : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "FirstToken",
                table: "messages",
                type: "text",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "FirstToken",
                table: "messages");
        }
    }
}
